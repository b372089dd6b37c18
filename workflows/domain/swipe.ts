import { parseWithOffset } from './civil-time.ts';

/**
 * What a reader may send (architecture §4) and why something it sent does not count (spec §9). Unknown extra fields
 * are let through: a newer reader may send more than we know.
 */

/** The signed fields exactly as sent: the signature covers these very strings. */
export interface SwipeClaim {
  boot: string;
  seq: number;
  card: string;
  at: string;
  dir: string;
  sig: string;
}

/** A claim whose every field is well formed. Who sent it is not yet known. */
export interface Swipe extends SwipeClaim {
  dir: 'in' | 'out';
  /** Epoch ms of `at`. */
  instant: number;
}

/** Why a swipe is quarantined. */
export type QuarantineCode =
  | 'not-json'
  | 'too-large'
  | 'too-many'
  | 'bad-field'
  | 'unknown-device'
  | 'wrong-topic'
  | 'bad-signature'
  | 'unknown-card'
  | 'lost-card'
  | 'clock-off'
  | 'seq-reused'
  | 'not-storable'
  | 'flood';

/** The code, and for `bad-field` which: `bad-field:card`. */
export type QuarantineReason = Exclude<QuarantineCode, 'bad-field'> | `bad-field:${string}`;

const WORDS: Record<QuarantineCode, string> = {
  'not-json': '不是有效的JSON',
  'too-large': '内容过大',
  'too-many': '一次上传的记录过多',
  'bad-field': '字段不正确',
  'unknown-device': '未登记的读卡器',
  'wrong-topic': '读卡器发到了别处的主题',
  'bad-signature': '签名不正确',
  'unknown-card': '未登记的卡',
  'lost-card': '已挂失的卡',
  'clock-off': '读卡器时钟相差超过24小时',
  'seq-reused': '同一序号的记录内容不同',
  'not-storable': '记录无法保存',
  flood: '错误记录过多，其余未保存',
};

/** The reason as the school reads it. */
export function quarantineWords(reason: QuarantineReason): string {
  const [code, field] = reason.split(':') as [QuarantineCode, string | undefined];
  return field === undefined ? WORDS[code] : `${WORDS[code]}：${field}`;
}

/** Of one payload (architecture §4). */
export const MAX_SWIPES = 100;
/** A hundred swipes are 25 kB; what is larger was not sent by a reader. */
export const MAX_PAYLOAD_BYTES = 64 * 1024;
/** Levels of arrays and objects: a swipe in its array is two. What is far deeper overflows the stack of who looks at it. */
const MAX_NESTING = 8;
/** A reader's clock further off than this is not to be believed (spec §9). */
const MAX_CLOCK_OFF_MS = 24 * 3_600_000;

/** One swipe of a payload: well formed, or why not. `claim` is there when a signature could still be checked. */
export type ParsedItem =
  { swipe: Swipe; text: string } | { reason: QuarantineReason; claim: SwipeClaim | undefined; text: string };

/**
 * Takes a payload apart: one object or an array of up to a hundred.
 * @returns its items in order, or why the whole payload is refused
 */
export function parsePayload(payload: string): ParsedItem[] | QuarantineReason {
  if (isTooDeep(payload)) return 'bad-field:payload';
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return 'not-json';
  }
  if (!Array.isArray(value)) return [parseItem(value, payload)];
  if (value.length > MAX_SWIPES) return 'too-many';
  if (value.length === 0) return 'bad-field:payload';
  return value.map((item: unknown) => parseItem(item, JSON.stringify(item)));
}

/** Counts brackets outside strings, and stops at the first that is too deep; whether it is JSON is not its concern. */
function isTooDeep(payload: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < payload.length; at++) {
    const character = payload[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') {
      if (++depth > MAX_NESTING) return true;
    } else if (character === ']' || character === '}') depth--;
  }
  return false;
}

// No '|' or '/': they separate the parts of what is signed and of workflow ids.
const BOOT = /^[A-Za-z0-9._:-]{1,64}$/;
const CARD = /^[A-Za-z0-9:-]{1,64}$/;
const SIGNATURE = /^[0-9a-f]{64}$/;

function parseItem(item: unknown, text: string): ParsedItem {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    return { reason: 'bad-field:payload', claim: undefined, text };
  const { boot, seq, card, at, dir, sig } = item as Record<string, unknown>;
  const instant = typeof at === 'string' ? parseWithOffset(at) : undefined;
  const faults: [string, boolean][] = [
    ['boot', !isText(boot, BOOT)],
    ['seq', !isSeq(seq)],
    ['card', !isText(card, CARD)],
    ['at', instant === undefined],
    ['dir', dir !== 'in' && dir !== 'out'],
    ['sig', !isText(sig, SIGNATURE)],
  ];
  const fault = faults.find(([, wrong]) => wrong);
  if (!fault) return { swipe: { ...(item as SwipeClaim), instant: instant! } as Swipe, text };
  return { reason: `bad-field:${fault[0]}`, claim: claimOf({ boot, seq, card, at, dir, sig }), text };
}

/**
 * A reader that signs a field we can't use has still spent the seq: its record is kept and acked, or it would be sent
 * again for ever. What was signed must be known exactly, so all fields have to be there as strings.
 */
function claimOf(fields: Record<keyof SwipeClaim, unknown>): SwipeClaim | undefined {
  const { boot, seq, card, at, dir, sig } = fields;
  const signed = isText(boot, BOOT) && isSeq(seq) && isText(sig, SIGNATURE);
  const strings = typeof card === 'string' && typeof at === 'string' && typeof dir === 'string';
  return signed && strings ? { boot, seq, card, at, dir, sig } : undefined;
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function isSeq(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A reader as the registry knows it, as far as its swipes are judged by it. */
export interface RegisteredReader {
  tenant: string;
  shard: string;
}

/** Why the sender of a topic can't be believed, whatever it sends. */
export function judgeTopic(
  topic: { tenant: string; shard: string },
  reader: RegisteredReader | undefined,
): QuarantineReason | undefined {
  if (!reader) return 'unknown-device';
  if (reader.tenant !== topic.tenant || reader.shard !== topic.shard) return 'wrong-topic';
  return undefined;
}

/** Why an authentic swipe does not count; `cardState` is the card's in the reader's school. */
export function judgeSwipe(
  swipe: Swipe,
  cardState: 'active' | 'lost' | undefined,
  receivedAt: number,
): QuarantineReason | undefined {
  if (Math.abs(swipe.instant - receivedAt) > MAX_CLOCK_OFF_MS) return 'clock-off';
  if (cardState === undefined) return 'unknown-card';
  if (cardState === 'lost') return 'lost-card';
  return undefined;
}
