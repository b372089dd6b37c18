import { ApplicationFailure } from '@temporalio/common';
import type { Carriers } from '../infra/carriers.ts';
import { cancelQueuedTexts, expandPage, messageCounts } from '../infra/postgres/messages.ts';
import { donePending } from '../infra/postgres/pending.ts';
import { inTransaction, type Pool } from '../infra/postgres/pool.ts';
import { enrolInTrials, trialsOfMessage } from '../infra/postgres/trial-enrolment.ts';
import type { MessageCounts, MessageState } from '../workflows/contracts.ts';
import { quietUntil } from '../workflows/domain/quiet-hours.ts';
import { teacherMessageId } from '../workflows/ids.ts';

export interface TeacherMessageDeps {
  pool: Pool;
  carriers: Carriers;
  /** Recipients written or cancelled in one transaction (default 5,000): about a quarter of a second. */
  pageSize?: number;
}

interface MessageFacts {
  tenant: string;
  /** Null: the principal's, for the school. */
  teacher: string | null;
  school: string;
  text: string;
  send_at: Date | null;
  quiet_from: string | null;
  quiet_until: string | null;
}

/** What a teacher's message does to the record. Only ids and counts go in and out. */
export function createTeacherMessageActivities({ pool, carriers, pageSize = 5_000 }: TeacherMessageDeps) {
  return { whenMessageMayLeave, recordMessageState, expandMessage, cancelQueued, countMessage };

  /** When the message may leave, as epoch ms: not before `now`, its own time, or the end of quiet hours. */
  async function whenMessageMayLeave({ messageId, now }: { messageId: string; now: number }): Promise<number> {
    const message = await find(messageId);
    const ready = Math.max(now, message.send_at?.getTime() ?? 0);
    const quiet =
      message.quiet_from !== null && message.quiet_until !== null
        ? { from: message.quiet_from, until: message.quiet_until }
        : null;
    return quietUntil(ready, quiet, carriers.profile(message.tenant, ready).zone);
  }

  /** Records how far the message is, and that its workflow has it. What is sent or cancelled stays so. */
  async function recordMessageState({ messageId, state }: { messageId: string; state: MessageState }): Promise<void> {
    await pool.query(
      `with known as (
        delete from pending p using message m
        where m.id = $1 and p.kind = 'message' and p.tenant = m.tenant and p.key = m.id::text
      )
      update message set state = $2 where id = $1 and state not in ('sent', 'cancelled')`,
      [messageId, state],
    );
  }

  /**
   * Queues the next page of recipients; the first text to a class begins its trial, where the carrier has them. Returns
   * the guardian the following page begins after, null at the end, and with the first the trials the message began.
   */
  async function expandMessage({
    messageId,
    after,
    now,
  }: {
    messageId: string;
    after: string;
    now: number;
  }): Promise<{ next: string | null; trials: string[] }> {
    const message = await find(messageId);
    const profile = carriers.profile(message.tenant, now);
    const { shortCode, billingUnit } = profile;
    const text = {
      messageId,
      tenant: message.tenant,
      words: { school: message.school, teacher: message.teacher, body: message.text },
      shortCode,
      billingUnit,
      workflowId: teacherMessageId(messageId),
    };
    return inTransaction(pool, async (db) => {
      if (after === '') await enrolInTrials(db, { messageId, workflowId: text.workflowId, now }, profile);
      const { last } = await expandPage(db, text, after, pageSize);
      return { next: last ?? null, trials: after === '' ? await trialsOfMessage(db, messageId) : [] };
    });
  }

  /** Takes what is still queued of the message out of the outbox, page by page. */
  async function cancelQueued({ messageId }: { messageId: string }): Promise<void> {
    let cancelled: number;
    do {
      cancelled = await inTransaction(pool, (db) => cancelQueuedTexts(db, messageId, pageSize));
    } while (cancelled > 0);
    const { tenant } = await find(messageId);
    await donePending(pool, { kind: 'message-cancel', tenant, key: messageId });
  }

  /** How its texts fare now. */
  function countMessage({ messageId }: { messageId: string }): Promise<MessageCounts> {
    return messageCounts(pool, messageId);
  }

  async function find(messageId: string): Promise<MessageFacts> {
    const { rows } = await pool.query<MessageFacts>(
      `select m.tenant, s.name as school, m.text, m.send_at, s.quiet_from, s.quiet_until,
        (select name from teacher where id = a.teacher_id and a.role = 'teacher') as teacher
      from message m join school s on s.id = m.school_id join account a on a.id = m.account_id where m.id = $1`,
      [messageId],
    );
    if (!rows[0]) throw ApplicationFailure.nonRetryable(`no message ${messageId}`, 'UnknownMessage');
    return rows[0];
  }
}
