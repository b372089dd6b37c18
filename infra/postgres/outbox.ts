import type { Db } from './pool.ts';
import { segmentsOf } from '../../workflows/domain/sms-text.ts';

/** What a text is, which decides its lane. */
export type SmsKind = 'one-time-password' | 'safety' | 'conversation' | 'answer' | 'class-message' | 'notice' | 'bulk';

/** Lanes: the lower leaves first (architecture §3). */
export const LANE: Record<SmsKind, number> = {
  'one-time-password': 0,
  safety: 1,
  conversation: 2,
  answer: 2,
  'class-message': 3,
  notice: 3,
  bulk: 4,
};

/**
 * What a text's guardian must still have when it leaves: a service, a conversation that no cancel has ended, or a trial
 * they have not answered.
 */
export type Need = 'home-school' | 'safety-sms' | 'conversation' | 'open-trial';

const NEEDS: Partial<Record<SmsKind, Need>> = {
  safety: 'safety-sms',
  conversation: 'conversation',
  'class-message': 'home-school',
};

/** SQL: what the queue knows of every text, and the same of a row `s` of `sms`. The bucket says which link takes it. */
export const QUEUE_COLUMNS = 'sms_id, tenant, lane, bucket, segments';
export const QUEUE_VALUES = 's.id, s.tenant, s.lane, hashtext(s.phone) & 1023, s.segments';
/** SQL: the `not_before` of a text that comes back to the queue: before what was queued after it. */
export const FORMER_PLACE = 's.created_at';

interface SmsReason {
  /** Why this text exists, unique for ever: the same origin never texts twice. */
  origin: string;
  tenant: string;
  workflowId: string;
  kind: SmsKind;
  phone: string;
  guardianId?: string | undefined;
  studentId?: string | undefined;
  messageId?: string | undefined;
}

/** A text to be sent. */
export interface NewSms extends SmsReason {
  /** Short code, with the thread's extension where an answer is expected. */
  source: string;
  body: string;
  teacherId?: string | undefined;
  /** After this the text is of no use and is not sent. */
  expiresAt?: Date | undefined;
  /** It does not leave before this; default: at once. */
  notBefore?: Date | undefined;
  /**
   * Asked again when it leaves; null: it is owed to the guardian whatever they have. Default: what its kind needs. Texts
   * to others than guardians need nothing.
   */
  needs?: Need | null | undefined;
}

/** A text that was asked for and must not be sent. */
export interface NewSuppression extends SmsReason {
  reason: string;
}

/**
 * Queues texts, in the caller's transaction: together with their reason or not at all.
 * @returns how many were new; an origin queued before is left as it was
 */
export async function enqueueSms(db: Db, texts: NewSms[]): Promise<number> {
  if (texts.length === 0) return 0;
  const later = texts.filter((t) => t.notBefore !== undefined);
  const { rowCount } = await db.query({
    // Named: planned once per connection, for it runs with every swipe.
    name: 'enqueue-sms',
    text: `with added as (
      insert into sms (origin, tenant, workflow_id, kind, lane, phone, source, body, segments,
        guardian_id, teacher_id, student_id, message_id, expires_at, needs)
      select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::text[],
        $8::text[], $9::smallint[], $10::text[], $11::text[], $12::text[], $13::uuid[], $14::timestamptz[], $15::text[])
      on conflict (origin) do nothing
      returning id, tenant, lane, phone, segments, origin
    )
    insert into sms_queue (${QUEUE_COLUMNS}, not_before)
    select ${QUEUE_VALUES}, coalesce(later.at, now())
    from added s left join unnest($16::text[], $17::timestamptz[]) later (origin, at) using (origin)`,
    values: [
      texts.map((t) => t.origin),
      texts.map((t) => t.tenant),
      texts.map((t) => t.workflowId),
      texts.map((t) => t.kind),
      texts.map((t) => LANE[t.kind]),
      texts.map((t) => t.phone),
      texts.map((t) => t.source),
      texts.map((t) => t.body),
      texts.map((t) => segmentsOf(t.body)),
      texts.map((t) => t.guardianId ?? null),
      texts.map((t) => t.teacherId ?? null),
      texts.map((t) => t.studentId ?? null),
      texts.map((t) => t.messageId ?? null),
      texts.map((t) => t.expiresAt ?? null),
      texts.map(({ guardianId, kind, needs = NEEDS[kind] }) => (guardianId === undefined ? null : (needs ?? null))),
      later.map((t) => t.origin),
      later.map((t) => t.notBefore),
    ],
  });
  return rowCount ?? 0;
}

/** Records why texts were not sent, for the trace (spec §10.2). An origin recorded before is left as it was. */
export async function suppressSms(db: Db, suppressions: NewSuppression[]): Promise<void> {
  if (suppressions.length === 0) return;
  await db.query(
    `insert into sms_suppression (origin, tenant, workflow_id, kind, phone, guardian_id, student_id, message_id, reason)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
      $8::uuid[], $9::text[])
    on conflict (origin) do nothing`,
    [
      suppressions.map((s) => s.origin),
      suppressions.map((s) => s.tenant),
      suppressions.map((s) => s.workflowId),
      suppressions.map((s) => s.kind),
      suppressions.map((s) => s.phone),
      suppressions.map((s) => s.guardianId ?? null),
      suppressions.map((s) => s.studentId ?? null),
      suppressions.map((s) => s.messageId ?? null),
      suppressions.map((s) => s.reason),
    ],
  );
}
