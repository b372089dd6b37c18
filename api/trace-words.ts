import type { TraceRow } from '../infra/postgres/trace.ts';
import type { AttendanceOutcome } from '../workflows/domain/attendance.ts';
import { packageName, type NamedPackages } from '../workflows/domain/package-words.ts';
import { reasonWords } from '../workflows/domain/reason-words.ts';
import { CHANNEL_WORDS, EVENT_WORDS, ROUTE_WORDS, wordsOf } from '../workflows/domain/record-words.ts';
import { quarantineWords, type QuarantineReason } from '../workflows/domain/swipe.ts';

/** Chinese and English: an agent reads out the one, ops read the other; parents and schools are told the Chinese. */
type Both = readonly [zh: string, en: string];

/** Why a text exists, by its kind. */
const TEXT_FOR: Record<string, Both> = {
  'one-time-password': ['用户索取的一次性密码', 'a one-time password that was asked for'],
  safety: ['刷卡的平安短信', 'a swipe at the gate'],
  conversation: ['家长与老师的往来短信', 'an answer passed on between parent and teacher'],
  answer: ['对来信或订退的答复', 'the answer to a text or an order'],
  'class-message': ['老师的消息', "a teacher's message"],
  notice: ['通知', 'a notice'],
  bulk: ['群发通知', 'a notice to many'],
};

/** What a text's state means, said of the text. */
const TEXT_STATE: Record<string, Both> = {
  QUEUED: ['等待发送', 'waits to leave'],
  SUBMITTING: ['正在提交运营商', 'is being handed to the carrier'],
  ACCEPTED: ['已由运营商受理，尚无回执', 'the carrier took it and has sent no receipt yet'],
  REJECTED: ['被运营商拒收', 'the carrier refused it'],
  UNCERTAIN: [
    '发出时链路中断，运营商是否受理不明',
    'the link broke before the carrier answered: it may or may not have it',
  ],
  DELIVERED: ['已送达手机', 'the phone has it'],
  FAILED: ['未能送达手机', 'the carrier could not deliver it'],
  EXPIRED: ['已过有效时间', 'it was of no use any more'],
  CANCELLED: ['在发送前已取消', 'cancelled before it left'],
};

/** What the state of a text rests on when a person decided it. */
const DECIDED_STATE: Record<string, Both> = {
  delivered: ['经人工核实已送达手机', 'the phone has it, by an operator’s word'],
  'given-up': ['是否送达无法核实，不再发送', 'nobody could tell what became of it, and it was given up'],
};

/** What a person decided about a text that the carrier may or may not have had. */
const DECISION: Record<string, Both> = {
  resend: ['人工决定重发，家长可能收到两条', 'an operator had it sent again: it may arrive twice'],
  delivered: ['经人工核实已送达手机', 'an operator found that the phone has it'],
  'given-up': ['人工决定不再发送，按失败计', 'an operator gave it up: it counts as failed'],
};

const SWIPE: Record<AttendanceOutcome | 'pending', Both> = {
  texted: ['通知家长', 'guardians are told'],
  late: ['晚到的记录，通知家长并说明', 'it reached us late; guardians are told so'],
  debounced: ['刚刷过同一张卡，只记录不发短信', 'the same card had just been swiped: recorded, not texted'],
  stale: ['记录到得太晚，只记录不发短信', 'it reached us too late to be of use: recorded, not texted'],
  ahead: [
    '读卡器时钟超前，时间不可信，只记录不发短信',
    "its reader's clock was ahead, so its time is wrong: recorded, not texted",
  ],
  pending: ['已保存，尚未处理', 'stored, not yet processed'],
};
const DIRECTION: Record<string, Both> = { in: ['进校', 'in'], out: ['出校', 'out'] };

const REDELIVERED: Both = [
  '运营商没有收到我们的应答，又投递了同一条短信，不重复处理',
  'The carrier missed our answer and delivered the same text again: it counts once',
];

/** Who reads: staff the codes too, a parent all of their own in words, a school nothing that tells who pays. */
export type Eyes = 'staff' | 'parent' | 'school';

/** What a carrier's profile has that the words need. */
interface Names extends NamedPackages {
  zone: string;
}

/** Why an event is as it is, in words a person can read out. `namesOf` tells a tenant's names and time zone. */
export function tellEvent(row: TraceRow, namesOf: (tenant: string) => Names, eyes: Eyes): string | undefined {
  const said = reasonOf(row, namesOf, eyes);
  if (!said) return undefined;
  const [zh, en] = said;
  if (eyes !== 'staff') return `${zh}。`;
  return (zh === en ? zh : `${zh}。${en}.`) + because(row);
}

function reasonOf(
  { kind, outcome, facts }: TraceRow,
  namesOf: (tenant: string) => Names,
  eyes: Eyes,
): Both | undefined {
  switch (kind) {
    case 'swipe': {
      const time = clock(facts['swipedAt']!, namesOf(facts['tenant']!).zone);
      const [dir, meant] = [both(DIRECTION, facts['dir']), both(SWIPE, outcome)];
      // Whether anybody was told depends on what the family has.
      const told = eyes === 'school' && (outcome === 'texted' || outcome === 'late') ? '已记录' : meant[0];
      return [`${time}${dir[0]}，${told}`, `Swiped ${dir[1]} at ${time}: ${meant[1]}`];
    }
    case 'quarantined-swipe': {
      const reason = facts['reason']!;
      const words = quarantineWords(reason as QuarantineReason);
      return [`记录不可信，不计考勤也不发短信：${words}`, `Not trusted, so neither counted nor texted: ${reason}`];
    }
    case 'sms':
      return outcome === 'SUPPRESSED' ? recorded(facts['reason']) : ofText(outcome, facts);
    case 'decision': {
      const [zh, en] = both(DECISION, outcome);
      return [zh, `Of the text whose fate was not known, ${en}`];
    }
    case 'receipt': {
      const [part, parts] = [facts['part'] ?? '1', facts['parts']];
      return [`${parts}条中第${part}条的回执`, `Receipt for part ${part} of ${parts}`];
    }
    case 'mo':
      if (outcome === 'redelivered') return REDELIVERED;
      // The reason may be that another family has no subscription.
      if (eyes === 'school') return [wordsOf(ROUTE_WORDS, outcome).zh, ''];
      return recorded(facts['reason']) ?? (facts['answered'] === 'true' ? ['已答复', 'Answered'] : undefined);
    case 'subscription': {
      const [what, by] = [wordsOf(EVENT_WORDS, outcome), wordsOf(CHANNEL_WORDS, facts['channel']!)];
      const name = packageName(facts['package']!, namesOf(facts['tenant']!));
      return [`${by.zh}：${what.zh}“${name}”`, `${what.en} by ${by.en}`];
    }
  }
}

/** A reason as it was recorded. */
function recorded(reason: string | null | undefined): Both | undefined {
  if (!reason) return undefined;
  const { zh, en } = reasonWords(reason);
  return [zh, en];
}

function ofText(state: string, { kind, attempts, decided }: TraceRow['facts']): Both {
  const how = DECIDED_STATE[decided ?? ''] ?? both(TEXT_STATE, state);
  const why = both(TEXT_FOR, kind);
  const [tried, times] = Number(attempts ?? 1) > 1 ? [`（试发${attempts}次）`, ` (tried ${attempts} times)`] : ['', ''];
  return [`${why[0]}${how[0]}${tried}`, `For ${why[1]}: ${how[1]}${times}`];
}

function both(words: Record<string, Both>, id: string | null | undefined): Both {
  return words[id ?? ''] ?? [id ?? '', id ?? ''];
}

/** What the carrier or a colleague said. */
function because({ facts: { error, note } }: TraceRow): string {
  const said = error ?? note;
  return said ? ` (${said})` : '';
}

function clock(at: string, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(new Date(at));
}
