/**
 * What problems say, by a code that stays: programs go by it, pages show the words of the caller's language. The English
 * ones stand where a problem is thrown and are found here again; `{0}`, `{1}` are what they name.
 */
export type Language = 'en' | 'zh';

const WORDS: readonly (readonly [code: string, en: string, zh: string])[] = [
  // Of fields.
  ['required', 'is required', '必须填写'],
  ['not-known', 'is not known', '没有登记'],
  ['wrong', 'is wrong', '不正确'],
  ['not-valid', 'is not valid', '不正确'],
  ['past', 'is past', '已经过去'],
  ['future', 'is in the future', '还没有到'],
  ['empty', 'must not be empty', '不能为空'],
  ['empty', 'must not be empty: nothing in it can be seen', '不能为空：没有看得见的字'],
  ['not-text', 'must be text', '必须是文字'],
  ['not-number', 'must be a number', '必须是数字'],
  ['not-whole', 'must be a whole number', '必须是整数'],
  ['not-boolean', 'must be true or false', '必须是true或false'],
  ['not-list', 'must be a list', '必须是列表'],
  ['not-object', 'must be an object', '必须是对象'],
  ['not-well-formed', 'is not well formed', '格式不正确'],
  ['not-well-encoded', 'is not well encoded', '编码不正确'],
  ['too-long', 'must have at most {0} characters', '最多{0}个字符'],
  ['too-short', 'must have at least {0} characters', '至少{0}个字符'],
  ['too-many', 'must have at most {0} entries', '最多{0}项'],
  ['too-few', 'must have at least {0} entries', '至少{0}项'],
  ['too-high', 'must be at most {0}', '不能大于{0}'],
  ['too-low', 'must be at least {0}', '不能小于{0}'],
  ['out-of-range', 'must be from {0} to {1}', '必须在{0}到{1}之间'],
  ['not-one-of', 'must be one of {0}', '必须是以下之一：{0}'],
  ['not-one-of', 'must be subscribe or cancel', '必须是subscribe或cancel'],
  ['not-one-of', 'must be json or html', '必须是json或html'],
  ['not-one-of', 'must be yes or no', '必须是yes或no'],
  ['not-one-of', 'must be approved or refused', '必须是approved或refused'],
  ['not-a-phone', 'must be 5 to 15 digits, without +86', '必须是5到15位数字，不带+86'],
  ['not-an-id', 'must be an id: letters, digits, . _ : -', '必须是编号：字母、数字、点、冒号、下划线和连字符'],
  ['not-an-id', 'must be a session’s id', '必须是登录的编号'],
  ['not-an-id', 'must be a token’s id', '必须是令牌的编号'],
  ['not-a-key', 'must be 1 to 200 visible ASCII characters', '必须是1到200个可见的ASCII字符'],
  ['not-a-cursor', 'is not a cursor of ours', '不是我们给出的位置'],
  ['not-a-month', 'must be a month, e.g. 2026-03', '必须是月份，如2026-03'],
  ['not-a-date', 'must be a date, e.g. 2026-03-05', '必须是日期，如2026-03-05'],
  ['before-tariff', 'is before the carrier’s first tariff', '早于这家运营商最早的资费'],
  ['not-a-time', 'must be an ISO 8601 time with its offset', '必须是带时区的ISO 8601时间'],
  ['before-from', 'must not be before from', '不能早于开始时间'],
  ['too-far', 'must be within {0} days', '必须在{0}天之内'],
  ['too-far', 'must be at most {0} months from the first', '最多{0}个月'],
  ['too-old', 'is more than {0} days ago', '已超过{0}天'],
  ['unwritable', 'has characters that cannot be sent (NUL, controls, half surrogates)', '含有不能发送的字符'],
  ['unwritable', 'has NUL or half a surrogate pair in it', '含有不能保存的字符'],
  ['unwritable', 'has NUL characters: it is no text in UTF-8', '含有NUL字符，不是UTF-8文本'],
  [
    'not-a-paper',
    'must be a number of the paper: letters, digits, . _ / -',
    '必须是纸质回执的编号：字母、数字、点、斜线、下划线和连字符',
  ],
  ['is-a-phone', 'must not be a phone number', '不能是手机号'],
  ['same', 'must be another one', '必须与原来的不同'],
  ['none-named', 'must name at least one', '至少要有一个'],
  ['too-many', 'must name at most {0}', '最多{0}个'],
  ['one-audience', 'must have exactly one of classIds, studentIds, schoolId', '班级、学生、学校三者只能选一'],
  ['not-on-menu', "is not on this school's menu: {0}", '不在这所学校的类别之中：{0}'],
  ['key-used', 'was used for another request', '已用于另一个请求'],
  ['month-open', 'has not ended', '还没有结束'],
  ['for-cancels', 'is for cancels: an order counts from now', '只用于退订：订制从现在算起'],
  [
    'note-needed',
    'is required with at: how do we know when it was said?',
    '写了时间就必须写备注：怎么知道是那时说的？',
  ],
  ['slip-of-cancel', 'proves an order; a cancel needs none', '是订制的凭据，退订不需要'],
  ['wrong-channel', '{0} is not how the role {1} orders: it is {2}', '{1}不能以{0}渠道办理，应为{2}'],
  ['others-paper', 'is another family’s paper', '是另一个家庭的回执'],
  ['slip-needed', 'is of a slip, which is not named', '是回执上的日期，请填写回执编号'],
  ['for-staff', 'is for those who act for a parent', '只供代家长办理的人填写'],
  ['several-carriers', 'say which, as the phone is known to {0}', '这个号码在几家运营商都有登记，请说明是哪一家：{0}'],
  ['off-net', 'is not a number of this carrier’s network', '不是本运营商的号码'],
  ['not-sold', 'is not one of the carrier’s', '不是这家运营商的套餐'],
  ['not-waiting', 'is of a family that is not waiting for an answer', '这个家庭没有等待答复'],
  ['not-on-trial', 'is of no family of this trial', '不是这次试用的家庭'],
  ['before-needed', 'is required where messageId is not given', '没有指定消息时必须填写'],
  ['not-json', 'must be application/json', '必须是application/json'],
  ['not-json', 'must be application/json in UTF-8', '必须是UTF-8编码的application/json'],
  ['not-json', 'is not JSON', '不是JSON'],
  ['not-utf-8', 'is not UTF-8', '不是UTF-8编码'],
  ['too-large', 'is too large', '过大'],
  ['broken-off', 'did not arrive whole', '没有完整到达'],
  ['unknown-package', 'no version of {0} has a package {1}', '{0}没有{1}这个套餐'],
  // Of results files.
  ['wrong-header', 'the first row must be {0}', '第一行必须是：{0}'],
  ['after-total', 'nothing may follow 合计', '合计之后不能再有内容'],
  ['unknown-line', 'the charge file has no line {0}', '计费文件没有第{0}行'],
  ['line-twice', 'line {0} is answered twice', '第{0}行有两个结果'],
  ['wrong-phone', '付费手机号 is not that of line {0}', '付费手机号与第{0}行不同'],
  ['wrong-amount', '标准 must be {0}', '标准必须是{0}'],
  ['unknown-result', '结果 must be {0}', '结果必须是{0}'],
  ['missing-lines', '{0} of {1} lines are not answered', '{1}行中有{0}行没有结果'],
  ['no-total', 'the file does not end with {0}: it may be cut off', '文件没有{0}行，可能不完整'],
  ['wrong-count', '合计 says {0} lines, there are {1}', '合计写着{0}行，实有{1}行'],
  ['wrong-sum', '合计 says {0} collected, the lines say {1}', '合计写着收到{0}，各行共{1}'],
  ['already-answered', 'this charge file has been answered already', '这个计费文件已有结果'],
  // Of requests.
  ['nothing-here', 'There is nothing here.', '这里什么也没有。'],
  ['not-valid', 'Not valid: {0}', '填写有误：{0}'],
  ['not-possible', '{0} is not possible here.', '这里不能用{0}。'],
  [
    'unknown-host',
    'This is not known by that name: ALLOWED_HOSTS tells which it has.',
    '这里不叫这个名字：见ALLOWED_HOSTS。',
  ],
  ['sign-in', 'Sign in first, or send a valid bearer token.', '请先登录，或出示有效的令牌。'],
  ['wrong-password', 'Login or password is wrong.', '账号或密码不正确。'],
  [
    'other-site',
    'A request in your name must come from our own pages.',
    '以您的名义发出的请求必须来自我们自己的页面。',
  ],
  ['not-allowed', 'The role {0} may not do this.', '您的角色（{0}）不能这样做。'],
  ['not-allowed', 'Only the role ops may see this.', '只有运维可以查看。'],
  ['no-school', 'This account belongs to no school.', '这个账号不属于任何学校。'],
  ['many-wrong-passwords', 'Too many wrong passwords; try again in {0} s.', '密码错误次数过多，请{0}秒后再试。'],
  ['busy', 'Too many sign in at this moment; try again.', '现在登录的人太多，请稍后再试。'],
  ['busy', 'Others are being worked out; try again.', '正在计算别的请求，请稍后再试。'],
  ['too-many-looks', 'This account has looked up more than is usual; your carrier’s admin sees it. Try later.', '这个账号的查询异常多，移动管理员会看到。请稍后再试。'], // prettier-ignore
  ['own-account', 'It is your own account: somebody else has to close it.', '这是您自己的账号，要由别人注销。'],
  [
    'many-tokens',
    'The account has {0} tokens that live; end one of them.',
    '这个账号已有{0}个有效令牌，请先停用一个。',
  ],
  ['too-late', 'Everything has left already.', '已经全部发出。'],
  ['no-teacher-or-class', 'The school has no such teacher or class.', '学校没有这位老师或这个班级。'],
  [
    'family-changed',
    'The family of this phone changed meanwhile; ask again.',
    '这个号码的家庭刚刚有变动，请再试一次。',
  ],
  ['trial-goes-on', 'The trial goes on, or the principal has not approved.', '试用还没有结束，或校长还没有同意。'],
  ['second-person', 'Who recorded the cancel does not release its refund.', '登记退订的人不能批准这笔退费。'],
  ['decided', 'It was decided otherwise before, or it is too late.', '之前已有别的决定，或已经太迟。'],
  ['decided', 'It was decided already: {0}. It is {1} now.', '已经处理过：{0}，现在的状态是{1}。'],
  ['not-uncertain', 'It is not uncertain any more: it is {0}.', '已经核实，现在的状态是{0}。'],
  ['expired', 'It is of no use any more and is not sent again.', '已过有效时间，不再发送。'],
  ['on-its-way', 'It is on its way once more; what becomes of it will show.', '正在再次发送，请等待结果。'],
  ['not-counted', 'Nothing was counted: {0} faults.', '有{0}处错误，全部没有计入。'],
  ['engine-away', 'The engine is out of reach; try again with the same key.', '流程引擎无应答，请用同一个键再试。'],
  ['fault', 'Something went wrong on our side.', '系统出错，我们会处理。'],
  ['locked', 'Others are changing the same thing just now. {0}', '别人正在修改同一内容，请用同一个键再试。'],
  ['slow', 'The database took too long to answer. {0}', '数据库应答太慢，请用同一个键再试。'],
  ['away', 'The database is out of reach just now. {0}', '数据库暂时无应答，请用同一个键再试。'],
];

const TITLES: Record<number, string> = {
  400: '请求有误',
  401: '请先登录',
  403: '没有权限',
  404: '没有找到',
  405: '不支持这种操作',
  409: '与现状冲突',
  413: '内容过大',
  415: '格式不支持',
  421: '名称不对',
  422: '不能这样办理',
  429: '请求过于频繁',
  500: '系统出错',
  503: '暂时不可用',
};

/** What people call the fields; one without a name is called as programs call it. */
const FIELDS: Record<string, string> = {
  phone: '手机号',
  package: '套餐',
  action: '操作',
  channel: '渠道',
  slip: '回执编号',
  at: '时间',
  note: '备注',
  tenant: '运营商',
  text: '内容',
  kind: '类别',
  audience: '接收对象',
  sendAt: '发送时间',
  login: '账号',
  password: '密码',
  current: '当前密码',
  id: '编号',
  month: '月份',
  from: '开始时间',
  to: '结束时间',
  csv: '结果文件',
  reason: '原因',
  name: '名称',
  answer: '答复',
  body: '请求内容',
  query: '查询条件',
  path: '地址',
};

interface Pattern {
  code: string;
  pattern: RegExp;
  zh: string;
}

/** The more of a sentence is fixed, the sooner it is tried. */
const PATTERNS: Pattern[] = WORDS.toSorted(([, a], [, b]) => b.length - a.length).map(([code, en, zh]) => ({
  code,
  zh,
  pattern: new RegExp(`^${en.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&').replace(/\\\{\d\\\}/g, '(.*)')}$`, 's'),
}));

/** The code of what a problem says, and the words for it; undefined: nobody has written it down. */
export function wordsOf(en: string, language: Language): { code: string; words: string } | undefined {
  for (const { code, pattern, zh } of PATTERNS) {
    const named = pattern.exec(en);
    if (!named) continue;
    return {
      code,
      words: language === 'en' ? en : zh.replace(/\{(\d)\}/g, (_all, n: string) => named[Number(n) + 1]!),
    };
  }
  return undefined;
}

/** The name of a field by its path, as people call it. */
export function fieldName(path: string, language: Language): string {
  const [first = '', ...rest] = path.split('.');
  if (language === 'en' || FIELDS[first] === undefined) return path;
  return rest.length > 0 ? `${FIELDS[first]}（${path}）` : FIELDS[first];
}

/** What the status is called; English as HTTP has it. */
export function titleOf(status: number, english: string, language: Language): string {
  return language === 'en' ? english : (TITLES[status] ?? english);
}
