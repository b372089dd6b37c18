import { createHash } from 'node:crypto';
import type { Delivery } from '../infra/mqtt/connection.ts';
import { isSignedBy } from '../infra/mqtt/signature.ts';
import { deviceOf } from '../infra/mqtt/topics.ts';
import type { Db } from '../infra/postgres/pool.ts';
import {
  findCards,
  findReaders,
  type NewQuarantined,
  type NewSwipe,
  type ReaderRow,
} from '../infra/postgres/swipes.ts';
import {
  judgeSwipe,
  judgeTopic,
  parsePayload,
  type QuarantineReason,
  type Swipe,
  type SwipeClaim,
} from '../workflows/domain/swipe.ts';

/** Which of a carrier's readers a link serves. */
export interface Shard {
  tenant: string;
  shard: string;
}

/** A batch of messages, judged: what counts and what doesn't. */
export interface JudgedBatch {
  /** In order of their keys, each key once. */
  swipes: JudgedSwipe[];
  quarantined: NewQuarantined[];
}

export interface JudgedSwipe {
  row: NewSwipe;
  /** What it is if it turns out not to count: its key is another swipe's, or the database refuses it. */
  quarantinedAs: (reason: 'seq-reused' | 'not-storable') => NewQuarantined;
}

/** Bytes of what is quarantined, kept in the row: enough to see what it was (architecture §1.6). */
const MAX_PAYLOAD_BYTES_KEPT = 4_096;
/** A device id made up by whoever publishes. */
const MAX_DEVICE_CHARACTERS = 64;

/** An item of a message on its way to a verdict. */
interface Item {
  deviceId: string;
  reader: ReaderRow | undefined;
  text: string;
  /** When that differs from the digest of topic and text. */
  digest: string | undefined;
  topic: string;
  swipe: Swipe | undefined;
  claim: SwipeClaim | undefined;
  reason: QuarantineReason | undefined;
  authentic: boolean;
}

/**
 * Judges messages of readers: parses them, checks the signatures, looks the cards up.
 * @param now epoch ms at which they are judged
 */
export async function judgeDeliveries(
  db: Db,
  shard: Shard,
  deliveries: readonly Delivery[],
  now: number,
): Promise<JudgedBatch> {
  // No registered id has a NUL, and Postgres would refuse the question.
  const deviceIds = [...new Set(deliveries.map(({ topic }) => deviceOf(topic)))].filter((id) => !id.includes('\0'));
  const readers = new Map((await findReaders(db, deviceIds)).map((reader) => [reader.deviceId, reader]));
  const items = deliveries.flatMap((delivery) => itemsOf(delivery, readers.get(deviceOf(delivery.topic))));
  for (const item of items) authenticate(item, shard);
  await lookCardsUp(db, items, now);
  return sort(items, shard);
}

function itemsOf(delivery: Delivery, reader: ReaderRow | undefined): Item[] {
  const { topic, payload, digestOfOversize } = delivery;
  const base = { deviceId: deviceOf(topic), reader, topic, digest: digestOfOversize, authentic: false };
  const refused = (reason: QuarantineReason) => [
    { ...base, text: payload.toString('utf8'), swipe: undefined, claim: undefined, reason },
  ];
  if (digestOfOversize !== undefined) return refused('too-large');
  const parsed = parsePayload(payload.toString('utf8'));
  if (typeof parsed === 'string') return refused(parsed);
  return parsed.map((item) =>
    'swipe' in item
      ? { ...base, text: item.text, swipe: item.swipe, claim: item.swipe, reason: undefined }
      : { ...base, text: item.text, swipe: undefined, claim: item.claim, reason: item.reason },
  );
}

/** Who the topic says is believed only with that reader's signature. A malformed item may be authentic all the same. */
function authenticate(item: Item, shard: Shard): void {
  const { deviceId, reader, claim } = item;
  const misplaced = judgeTopic(shard, reader);
  if (misplaced) {
    item.reason ??= misplaced;
    return;
  }
  if (!claim) return;
  item.authentic = isSignedBy(reader!.key, deviceId, claim);
  if (!item.authentic) item.reason ??= 'bad-signature';
}

async function lookCardsUp(db: Db, items: Item[], now: number): Promise<void> {
  const open = items.filter(({ reason }) => reason === undefined);
  if (open.length === 0) return;
  const keyOf = (schoolId: string, number: string) => `${schoolId}|${number}`;
  const cards = await findCards(
    db,
    open.map(({ reader, swipe }) => ({ schoolId: reader!.schoolId, number: swipe!.card })),
  );
  const states = new Map(cards.map((card) => [keyOf(card.schoolId, card.number), card.state]));
  for (const item of open)
    item.reason = judgeSwipe(item.swipe!, states.get(keyOf(item.reader!.schoolId, item.swipe!.card)), now);
}

function sort(items: Item[], shard: Shard): JudgedBatch {
  const swipes = new Map<string, JudgedSwipe>();
  const quarantined = new Map<string, NewQuarantined>();
  const quarantine = (item: Item, reason: QuarantineReason) => {
    const row = quarantinedRow(item, reason, shard);
    quarantined.set(row.digest, row);
  };
  for (const item of items) {
    if (item.reason !== undefined) {
      quarantine(item, item.reason);
      continue;
    }
    const row = swipeRow(item);
    const first = swipes.get(sortKey(row));
    if (!first) swipes.set(sortKey(row), { row, quarantinedAs: (reason) => quarantinedRow(item, reason, shard) });
    else if (!isSameSwipe(first.row, row)) quarantine(item, 'seq-reused');
  }
  const inOrder = [...swipes].sort(([a], [b]) => (a < b ? -1 : 1));
  return { swipes: inOrder.map(([, swipe]) => swipe), quarantined: [...quarantined.values()] };
}

/** Two records with one key are the same one sent again, unless they say different things. */
export function isSameSwipe(a: NewSwipe, b: NewSwipe): boolean {
  return a.card === b.card && a.dir === b.dir && a.at.getTime() === b.at.getTime();
}

/** The seq padded to its longest, so that text sorts as numbers do. */
function sortKey({ deviceId, boot, seq }: NewSwipe): string {
  return `${deviceId}|${boot}|${String(seq).padStart(16, '0')}`;
}

function swipeRow({ deviceId, swipe }: Item): NewSwipe {
  const { boot, seq, card, dir, instant } = swipe!;
  return { deviceId, boot, seq, card, dir, at: new Date(instant) };
}

function quarantinedRow(item: Item, reason: QuarantineReason, shard: Shard): NewQuarantined {
  const { deviceId, reader, claim, topic, text, authentic } = item;
  return {
    digest: item.digest ?? createHash('sha256').update(`${topic}\n${text}`).digest('hex'),
    tenant: reader?.tenant ?? shard.tenant,
    schoolId: reader?.schoolId,
    deviceId: printable(deviceId).slice(0, MAX_DEVICE_CHARACTERS),
    boot: claim && printable(claim.boot),
    seq: claim?.seq,
    authentic,
    reason,
    payload: printable(text),
  };
}

/** Postgres refuses NUL in a text, and half a character at the cut would be another. */
function printable(text: string): string {
  const bytes = Buffer.from(text.replaceAll('\0', '\uFFFD'));
  let end = Math.min(bytes.length, MAX_PAYLOAD_BYTES_KEPT);
  // 10xxxxxx goes on with a character that began before the cut.
  while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end).toString();
}

/** The row of a message that can't even be judged: nothing of it is trusted. */
export function unstorable(shard: Shard, { topic, payload }: Delivery): NewQuarantined {
  const nothing = { reader: undefined, digest: undefined, swipe: undefined, claim: undefined, authentic: false };
  const item = { ...nothing, topic, deviceId: deviceOf(topic), text: payload.toString('utf8'), reason: undefined };
  return quarantinedRow(item, 'not-storable', shard);
}

/** The same with nothing in it of what came but its digest: when even those words can't be stored. */
export function digestAlone(row: NewQuarantined): NewQuarantined {
  return { ...row, deviceId: '', boot: undefined, seq: undefined, authentic: false, payload: '' };
}
