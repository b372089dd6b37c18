/** Parents' texts, stored before the SMSC has its answer (issue 4; architecture §7). */
import { createHash, randomUUID } from 'node:crypto';
import { inTransaction, type Db, type Pool } from '../infra/postgres/pool.ts';
import { readText } from '../infra/smpp/alphabet.ts';
import { absoluteTime, textContent, TLV, type Concatenation, type ShortMessage } from '../infra/smpp/decode.ts';
import {
  awaitAnswer,
  isNamed,
  NAMED_REDELIVERY_WITHIN,
  recordRedelivery,
  storedByName,
  takeRedelivery,
} from './carrier-redelivery.ts';

/** A delivered text and where it came in. */
export interface DeliveredText {
  tenant: string;
  phone: string;
  destination: string;
  message: ShortMessage;
  /** Of what the parent sent: the same in a redelivery. */
  digest: string;
  /** The connection it came on. */
  connection: string;
  /** An earlier text of the same digest was refused on this connection, or not answered in time. */
  comesAgain: boolean;
}

export interface StoredMo {
  id: number;
  tenant: string;
  hash: string;
}

/** What became of a delivered text. */
export interface Stored {
  /** When it is complete and new, and no redelivery. */
  mo?: StoredMo;
  /** What its answer settles (carrier-redelivery.ts). */
  unanswered: number | undefined;
}

/** Parameters that tell two texts apart. */
const TOLD_APART_BY = [TLV.sarReference, TLV.sarPart, TLV.receiptedMessageId, TLV.userMessageReference, TLV.receivedAt];
/** A time beyond these is a clock gone wrong, not when the text was received. */
const EARLIEST_MS = 7 * 24 * 3_600_000;
const LATEST_MS = 5 * 60_000;
/** A reference used again after this is another text's: phones count to 255 and begin anew. */
const PARTS_TOGETHER_WITHIN = '1 day';
/** A long text whose missing part didn't come within this is taken as it is. */
const PARTS_AWAITED = '1 hour';
const MISSING_PART = '…';

export function digestOf(tenant: string, phone: string, destination: string, message: ShortMessage): string {
  const hash = createHash('sha256');
  for (const field of [tenant, phone, destination, String(message.dataCoding), String(message.esmClass & 0x40)])
    hash.update(field).update('\0');
  for (const tag of TOLD_APART_BY) hash.update(message.tlvs.get(tag) ?? '').update('\0');
  return hash.update(message.content).digest('hex');
}

/** Stores a parent's text, or its part of one, or drops it for a redelivery. */
export async function storeMo(pool: Pool, text: DeliveredText): Promise<Stored> {
  const { octets, dataCoding, concatenation } = textContent(text.message);
  return inTransaction(pool, async (db) => {
    // Two binds may be handed the same text, or two parts of one, at the same moment.
    await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${text.tenant}/${text.phone}`]);
    const again = isNamed(text.message) ? undefined : await takeRedelivery(db, text);
    if (again !== undefined) return { unanswered: again };
    if (concatenation) return storePart(db, text, octets, dataCoding, concatenation);
    const before = isNamed(text.message) ? await storedByName(db, text.digest) : undefined;
    if (before !== undefined) return dropNamed(db, text, before);
    const { text: body, exact } = readText(octets, dataCoding);
    // With its header, which may say what the octets are.
    const mo = await insertMo(db, text, { body, raw: exact ? null : text.message.content });
    return { mo, unanswered: await awaitAnswer(db, text, { moId: mo.id }) };
  });
}

async function dropNamed(db: Db, text: DeliveredText, moId: number | null): Promise<Stored> {
  await recordRedelivery(db, text, moId);
  return { unanswered: undefined };
}

/**
 * When the SMSC received the text, where it says so credibly; else now. Many say whole seconds: within the one that goes
 * on, our own clock tells two texts apart, which the SMSC's would make one instant.
 */
function receivedAt({ tlvs }: ShortMessage): Date {
  const now = Date.now();
  const said = absoluteTime(tlvs.get(TLV.receivedAt))?.getTime() ?? now;
  const age = now - said;
  const isSameSecond = Math.floor(now / 1_000) === Math.floor(said / 1_000);
  return new Date(!isSameSecond && age < EARLIEST_MS && age > -LATEST_MS ? said : now);
}

/** Whether a text is new was decided by its digest: its key need only be its own. */
function randomHash(): string {
  return randomUUID().replaceAll('-', '');
}

/** What is stored of what a parent sent: its octets too, where the words don't say it all. */
interface Content {
  body: string;
  raw: Buffer | null;
}

async function insertMo(db: Db, text: DeliveredText, { body, raw }: Content): Promise<StoredMo> {
  const { tenant, phone, destination, digest, message } = text;
  const hash = randomHash();
  const { rows } = await db.query<{ id: number }>(
    `insert into mo (tenant, hash, phone, destination, body, raw, digest, received_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
    [tenant, hash, phone, destination, body, raw, digest, receivedAt(message)],
  );
  return { id: rows[0]!.id, tenant: text.tenant, hash };
}

async function storePart(
  db: Db,
  text: DeliveredText,
  octets: Buffer,
  dataCoding: number,
  { reference, total, part }: Concatenation,
): Promise<Stored> {
  const key = [text.tenant, text.phone, text.destination, reference, total];
  const ofText = 'tenant = $1 and phone = $2 and destination = $3 and reference = $4 and total = $5';
  await db.query(`delete from mo_part where ${ofText} and mo_id is not null and received_at < now() - $6::interval`, [
    ...key,
    NAMED_REDELIVERY_WITHIN,
  ]);
  const before = await db.query<EarlierPart>(
    `select generation, part, digest, mo_id, received_at < now() - $6::interval as outdated
    from mo_part where ${ofText} order by generation`,
    [...key, PARTS_TOGETHER_WITHIN],
  );
  const same = before.rows.find((earlier) => earlier.part === part && earlier.digest === text.digest);
  if (same && isNamed(text.message)) return dropNamed(db, text, same.mo_id);
  const generation = generationOf(before.rows, part);
  await db.query(
    `insert into mo_part (tenant, phone, destination, reference, total, generation, part, octets, data_coding, digest)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [...key, generation, part, octets, dataCoding, text.digest],
  );
  const longText = [text.destination, reference, total, generation].join('/');
  const unanswered = await awaitAnswer(db, text, { longText });
  const { rows } = await db.query<PartRow>(
    `select part, octets, data_coding, mo_id from mo_part where ${ofText} and generation = $6 order by part`,
    [...key, generation],
  );
  // The sweep may just have stored it as it was: then this part is left for it.
  if (rows.length < total || rows.some(({ mo_id }) => mo_id !== null)) return { unanswered };
  const mo = await insertMo(db, text, joinParts(rows, total));
  await db.query(`update mo_part set mo_id = $7 where ${ofText} and generation = $6`, [...key, generation, mo.id]);
  return { mo, unanswered };
}

/** A part that came under the same reference before. */
interface EarlierPart {
  generation: number;
  part: number;
  digest: string | null;
  mo_id: number | null;
  outdated: boolean;
}

/** The latest, while it lacks this part and nothing else; else a new one, for the reference is used again. */
function generationOf(before: EarlierPart[], part: number): number {
  const latest = before.at(-1)?.generation;
  if (latest === undefined) return 0;
  const taken = before.some(
    (each) => each.generation === latest && (each.mo_id !== null || each.outdated || each.part === part),
  );
  return taken ? latest + 1 : latest;
}

interface PartRow {
  part: number;
  octets: Buffer;
  data_coding: number;
  mo_id: number | null;
}

/** Octets are joined before they are decoded, because a character may be cut between parts. */
function joinParts(parts: PartRow[], total: number): Content {
  let body = '';
  let exact = true;
  let run: { coding: number; octets: Buffer[]; next: number } | undefined;
  const close = () => {
    if (!run) return;
    const read = readText(Buffer.concat(run.octets), run.coding);
    body += read.text;
    exact &&= read.exact;
  };
  for (const { part, octets, data_coding: coding } of parts) {
    const next: number = run?.next ?? 1;
    if (run && run.coding === coding && part === next) run.octets.push(octets);
    else {
      close();
      if (part !== next) body += MISSING_PART;
      run = { coding, octets: [octets], next };
    }
    run.next = part + 1;
  }
  close();
  if ((run?.next ?? 1) <= total) body += MISSING_PART;
  return { body, raw: exact ? null : Buffer.concat(parts.map(({ octets }) => octets)) };
}

interface TextOfParts {
  phone: string;
  destination: string;
  reference: number;
  total: number;
  generation: number;
}

/** Stores long texts whose missing part never came, as far as they are there. */
export async function storeIncomplete(pool: Pool, tenant: string): Promise<StoredMo[]> {
  return inTransaction(pool, async (db) => {
    const { rows } = await db.query<PartRow & TextOfParts>(
      `select p.* from mo_part p
      where tenant = $1 and mo_id is null and exists (
        select from mo_part o where o.mo_id is null and o.received_at < now() - $2::interval and o.tenant = p.tenant
          and o.phone = p.phone and o.destination = p.destination and o.reference = p.reference and o.total = p.total
          and o.generation = p.generation)
      order by phone, destination, reference, total, generation, part for update skip locked`,
      [tenant, PARTS_AWAITED],
    );
    const stored: StoredMo[] = [];
    const texts = Map.groupBy(rows, (row) =>
      JSON.stringify([row.phone, row.destination, row.reference, row.total, row.generation]),
    );
    for (const parts of texts.values()) {
      const { phone, destination, reference, total, generation } = parts[0]!;
      const hash = randomHash();
      const { body, raw } = joinParts(parts, total);
      const mo = await db.query<{ id: number }>(
        'insert into mo (tenant, hash, phone, destination, body, raw) values ($1, $2, $3, $4, $5, $6) returning id',
        [tenant, hash, phone, destination, body, raw],
      );
      await db.query(
        `update mo_part set mo_id = $7
        where tenant = $1 and phone = $2 and destination = $3 and reference = $4 and total = $5 and generation = $6`,
        [tenant, phone, destination, reference, total, generation, mo.rows[0]!.id],
      );
      stored.push({ id: mo.rows[0]!.id, tenant, hash });
    }
    return stored;
  });
}
