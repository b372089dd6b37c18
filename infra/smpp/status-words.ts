/** command_status (SMPP 3.4 §5.1.3) as a person reads it: [name, Chinese, English]. */
const WORDS = new Map<number, readonly [string, string, string]>([
  [0x01, ['ESME_RINVMSGLEN', '短信长度无效', 'message length is invalid']],
  [0x02, ['ESME_RINVCMDLEN', '命令长度无效', 'command length is invalid']],
  [0x03, ['ESME_RINVCMDID', '命令无效', 'command is not known']],
  [0x04, ['ESME_RINVBNDSTS', '连接状态不允许此命令', 'wrong bind state for the command']],
  [0x05, ['ESME_RALYBND', '已经绑定', 'already bound']],
  [0x06, ['ESME_RINVPRTFLG', '优先级无效', 'priority is invalid']],
  [0x07, ['ESME_RINVREGDLVFLG', '状态报告标志无效', 'registered delivery flag is invalid']],
  [0x08, ['ESME_RSYSERR', '短信中心系统错误', 'system error at the SMSC']],
  [0x0a, ['ESME_RINVSRCADR', '源号码无效', 'source address is invalid']],
  [0x0b, ['ESME_RINVDSTADR', '目的号码无效', 'destination address is invalid']],
  [0x0c, ['ESME_RINVMSGID', '短信标识无效', 'message id is invalid']],
  [0x0d, ['ESME_RBINDFAIL', '绑定失败', 'bind failed']],
  [0x0e, ['ESME_RINVPASWD', '密码错误', 'wrong password']],
  [0x0f, ['ESME_RINVSYSID', '系统账号无效', 'system id is invalid']],
  [0x14, ['ESME_RMSGQFUL', '短信队列已满', 'message queue is full']],
  [0x15, ['ESME_RINVSERTYP', '业务类型无效', 'service type is invalid']],
  [0x43, ['ESME_RINVESMCLASS', 'esm_class 无效', 'esm_class is invalid']],
  [0x45, ['ESME_RSUBMITFAIL', '提交失败', 'submit failed']],
  [0x48, ['ESME_RINVSRCTON', '源号码类型无效', 'source TON is invalid']],
  [0x49, ['ESME_RINVSRCNPI', '源号码编码方案无效', 'source NPI is invalid']],
  [0x50, ['ESME_RINVDSTTON', '目的号码类型无效', 'destination TON is invalid']],
  [0x51, ['ESME_RINVDSTNPI', '目的号码编码方案无效', 'destination NPI is invalid']],
  [0x53, ['ESME_RINVSYSTYP', '系统类型无效', 'system type is invalid']],
  [0x58, ['ESME_RTHROTTLED', '超出流量限制', 'throttled: over the allowed rate']],
  [0x61, ['ESME_RINVSCHED', '定时时间无效', 'scheduled time is invalid']],
  [0x62, ['ESME_RINVEXPIRY', '有效期无效', 'validity period is invalid']],
  [0x64, ['ESME_RX_T_APPN', '接收方暂时出错', 'temporary error at the receiver']],
  [0x65, ['ESME_RX_P_APPN', '接收方永久出错', 'permanent error at the receiver']],
  [0x66, ['ESME_RX_R_APPN', '接收方拒收', 'refused by the receiver']],
  [0xc0, ['ESME_RINVTLVSTREAM', '可选参数有误', 'optional parameters are malformed']],
  [0xc2, ['ESME_RINVTLVLEN', '可选参数长度有误', 'optional parameter has a wrong length']],
  [0xc3, ['ESME_RMISSINGTLV', '缺少可选参数', 'an expected optional parameter is missing']],
  [0xc4, ['ESME_RINVTLVVAL', '可选参数取值无效', 'optional parameter has an invalid value']],
  [0xfe, ['ESME_RDELIVERYFAILURE', '投递失败', 'delivery failed']],
  [0xff, ['ESME_RUNKNOWNERR', '未知错误', 'unknown error']],
  [0x0101, ['ESME_RPROHIBITED', '业务被禁止', 'service is prohibited']],
  [0x0104, ['ESME_RINVDCS', '编码方案无效', 'data coding is invalid']],
]);

export const STATUS = {
  ok: 0x00,
  invalidCommand: 0x03,
  systemError: 0x08,
  queueFull: 0x14,
  submitFailed: 0x45,
  throttled: 0x58,
  temporaryError: 0x64,
  permanentError: 0x65,
} as const;

/** A status in words for the trace, e.g. `0x0b ESME_RINVDSTADR 目的号码无效 (destination address is invalid)`. */
export function statusWords(status: number): string {
  const code = `0x${status.toString(16).padStart(2, '0')}`;
  const words = WORDS.get(status);
  if (words) return `${code} ${words[0]} ${words[1]} (${words[2]})`;
  // SMPP 3.4 reserves 0x400–0x4ff for each SMSC's own codes.
  const own = status >= 0x400 && status <= 0x4ff;
  return own ? `${code} 运营商自定义错误 (the carrier's own error)` : `${code} 未知状态码 (unknown status)`;
}

/** What a refused submit_sm says, and so what is to be done with its text. */
export type Meaning =
  /** Too much at once: a little later, and slower. */
  | 'congestion'
  /** Nothing is wrong with the text: later. */
  | 'smsc-ill'
  /** The connection is not what we take it for: by another. */
  | 'session'
  /** This text, for now: later, while others flow. */
  | 'passing'
  /** This text, for good. */
  | 'permanent';

const MEANINGS = new Map<number, Meaning>([
  [0x04, 'session'],
  [0x08, 'smsc-ill'],
  [0x14, 'congestion'],
  [0x45, 'passing'],
  [0x58, 'congestion'],
  [0x64, 'passing'],
  [0xfe, 'passing'],
  [0xff, 'smsc-ill'],
]);

/** @param status of a submit_sm_resp, not 0 */
export function meaningOf(status: number): Meaning {
  return MEANINGS.get(status) ?? 'permanent';
}
