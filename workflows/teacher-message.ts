import {
  condition,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { createTeacherMessageActivities } from '../activities/teacher-message.ts';
import { cancelMessage, messageProgress, type MessageCounts, type MessageState } from './contracts.ts';
import { trialPeriodId } from './ids.ts';
import { labelsAlike } from './labels.ts';
import type { trialPeriod } from './trial-period.ts';

// All are one transaction or one query, safe to repeat: they go on until Postgres is back.
const activities = proxyActivities<ReturnType<typeof createTeacherMessageActivities>>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '30 seconds' },
});

const SECOND = 1000;
/** Receipts later than this change the record, which the API reads, but not the outcome. */
const WATCH_MS = 72 * 60 * 60 * SECOND;
/** The watch looks often at first, then ever less: some 150 looks in 72 hours, so that the history stays short. */
const FIRST_LOOK_MS = SECOND;
const LOOK_GROWTH = 1.5;
const LAST_LOOK_MS = 30 * 60 * SECOND;

/** How a message ended: in counts, which name nobody. */
export interface MessageOutcome {
  state: MessageState;
  counts: MessageCounts;
}

/**
 * One teacher's message: waits for its time and for quiet hours to end, queues a text for each guardian, then watches
 * until each has its receipt. A cancel at any time keeps back what has not left.
 */
export async function teacherMessage({ messageId }: { messageId: string }): Promise<MessageOutcome> {
  const message = new Message(messageId);
  setHandler(messageProgress, () => message.progress());
  setHandler(cancelMessage, () => message.cancel());
  if (await message.waitForItsTime()) await message.expand();
  await message.watch();
  return message.progress();
}

class Message {
  readonly #messageId: string;
  #state: MessageState = 'accepted';
  #cancelled = false;
  #counts: MessageCounts = { queued: 0, submitted: 0, accepted: 0, delivered: 0, failed: 0, suppressed: 0 };

  constructor(messageId: string) {
    this.#messageId = messageId;
  }

  progress(): MessageOutcome {
    return { state: this.#state, counts: this.#counts };
  }

  cancel(): void {
    this.#cancelled = true;
  }

  /** Returns whether it may leave: false when it was cancelled before. */
  async waitForItsTime(): Promise<boolean> {
    while (!this.#cancelled) {
      const now = Date.now();
      const leaves = await activities.whenMessageMayLeave({ messageId: this.#messageId, now });
      if (leaves <= now) return !this.#cancelled;
      await this.#enter('waiting');
      // Asked again afterwards: a worker that was down may wake in the next night.
      await condition(() => this.#cancelled, Math.max(1, leaves - Date.now()));
    }
    return false;
  }

  async expand(): Promise<void> {
    await this.#enter('sending');
    let after: string | null = '';
    while (after !== null && !this.#cancelled) {
      const page: Awaited<ReturnType<typeof activities.expandMessage>> = await activities.expandMessage({
        messageId: this.#messageId,
        after,
        now: Date.now(),
      });
      for (const trialId of page.trials) await startTrial(trialId);
      after = page.next;
    }
  }

  /** Until every text is final, or WATCH_MS have passed. */
  async watch(): Promise<void> {
    const deadline = Date.now() + WATCH_MS;
    for (let look = FIRST_LOOK_MS; ; look = Math.min(look * LOOK_GROWTH, LAST_LOOK_MS)) {
      // At each look: a text that the SMSC throttled comes back to the queue after the first cancel.
      const cancelling = this.#cancelled;
      if (cancelling) await this.#keepBack();
      this.#counts = await activities.countMessage({ messageId: this.#messageId });
      const { queued, submitted, accepted } = this.#counts;
      const isLast = queued + submitted + accepted === 0 || Date.now() >= deadline;
      if (!cancelling && !this.#cancelled && (queued + submitted === 0 || isLast)) await this.#enter('sent');
      if (isLast && cancelling === this.#cancelled) return;
      await condition(() => this.#cancelled !== cancelling, Math.max(1, Math.min(look, deadline - Date.now())));
    }
  }

  async #keepBack(): Promise<void> {
    await activities.cancelQueued({ messageId: this.#messageId });
    await this.#enter('cancelled');
  }

  /** The record follows; what is sent or cancelled stays so. */
  async #enter(state: MessageState): Promise<void> {
    if (this.#state === state || this.#state === 'sent' || this.#state === 'cancelled') return;
    this.#state = state;
    await activities.recordMessageState({ messageId: this.#messageId, state });
  }
}

/** A class's trial outlives the text that began it. */
async function startTrial(trialId: string): Promise<void> {
  try {
    await startChild<typeof trialPeriod>('trialPeriod', {
      ...labelsAlike('trialPeriod', workflowInfo().typedSearchAttributes),
      workflowId: trialPeriodId(trialId),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [{ trialId }],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
