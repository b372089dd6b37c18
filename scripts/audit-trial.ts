/** A class's trial as the audit lives through it: its first text, the principal's word, its notices, its end (spec §7.3, §7.4). */
import { createTrialActivities, type TrialActivities } from '../activities/trial.ts';
import { inTransaction } from '../infra/postgres/pool.ts';
import { enrolInTrials } from '../infra/postgres/trial-enrolment.ts';
import { findTrial, lockTrial, recordDecision } from '../infra/postgres/trials.ts';
import { IDLE_STARTER } from '../infra/temporal/pending-starter.ts';
import type { TrialStep } from '../workflows/domain/trial.ts';
import type { Live } from './audit-family.ts';
import type { TrialFamily } from './audit-trial-family.ts';

const DAY_MS = 24 * 3_600_000;
/** Of the principal: mostly soon after the month, sometimes before its end or never. */
const DECIDED_AFTER_DAYS = [10, 31, 33, 50, null];
const APPROVES = 0.8;
/** A trial begins anywhere in the first quarter of the story. */
const STARTS_WITHIN_DAYS = 90;

/** A class with its trial and the families in it. */
export class TrialClass {
  readonly #live: Live;
  readonly #id: string;
  readonly #families: readonly TrialFamily[];
  readonly #activities: TrialActivities;
  readonly #startsAt: number;
  readonly #decision: { approved: boolean; at: number } | null;
  /** Whether the text has put anybody on trial; undefined: it has not come yet. */
  #hasTrial: boolean | undefined;
  #decided = false;

  constructor(live: Live, id: string, families: readonly TrialFamily[], start: number, chance: () => number) {
    this.#live = live;
    this.#id = id;
    this.#families = families;
    this.#activities = createTrialActivities({ ...live, starter: IDLE_STARTER });
    this.#startsAt = start + Math.floor(chance() * STARTS_WITHIN_DAYS * 24) * 3_600_000;
    const days = DECIDED_AFTER_DAYS[Math.floor(chance() * DECIDED_AFTER_DAYS.length)]!;
    this.#decision = days === null ? null : { approved: chance() < APPROVES, at: this.#startsAt + days * DAY_MS };
  }

  /** Lets happen what is heard, said by the principal, and falls due, by `until` (epoch ms). */
  async live(until: number): Promise<void> {
    for (let next; (next = await this.#next()) && next.at <= until;) {
      for (const family of this.#families) await family.live(next.at - 1);
      // What a family said may be another next step: it is asked again.
      const now = await this.#next();
      if (now && now.at <= next.at) await now.act();
      for (const family of this.#families) await family.lookAgain();
    }
    for (const family of this.#families) await family.live(until);
  }

  async #next(): Promise<{ at: number; act: () => Promise<unknown> } | null> {
    if (this.#hasTrial === undefined) return { at: this.#startsAt, act: () => this.#begin() };
    if (!this.#hasTrial) return null;
    const step = await this.#activities.nextStep({ trialId: this.#id, now: this.#startsAt });
    const decision = this.#decided ? null : this.#decision;
    if (decision && (step === null || decision.at <= step.at)) return { at: decision.at, act: () => this.#decide() };
    return step && { at: step.at, act: () => this.#perform(step) };
  }

  async #begin(): Promise<void> {
    const { pool, carriers, tenant } = this.#live;
    await inTransaction(pool, async (db) => {
      const { rows } = await db.query<{ id: string }>(
        `insert into message (tenant, school_id, account_id, teacher_id, request_key, kind, audience, text)
        values ($1, 'school', 'second', 'teacher', $2, 'homework', jsonb_build_object('classIds', array[$2]), $3)
        returning id`,
        [tenant, this.#id, '带跳绳'],
      );
      const message = { messageId: rows[0]!.id, workflowId: 'audit', now: this.#startsAt };
      await enrolInTrials(db, message, carriers.profile(tenant, this.#startsAt));
    });
    const trial = await findTrial(pool, this.#id);
    this.#hasTrial = trial !== undefined;
    if (!trial) return;
    for (const family of this.#families) {
      await family.enrol(this.#id, trial.endsAt.getTime());
      family.heard = (now) => this.#handOver(now);
    }
  }

  /** What an answer wakes the trial's workflow for, also after its close. */
  async #handOver(now: number): Promise<void> {
    const step = await this.#activities.nextStep({ trialId: this.#id, now });
    if (step?.do === 'hand-over' && step.at <= now)
      await this.#activities.handOverConfirmed({ trialId: this.#id, at: now });
  }

  async #decide(): Promise<void> {
    const { pool, carriers, tenant } = this.#live;
    this.#decided = true;
    const { approved, at } = this.#decision!;
    const { zone } = carriers.profile(tenant, at);
    const said = { decision: approved ? ('approved' as const) : ('refused' as const), actor: 'second', zone };
    await inTransaction(pool, async (db) => {
      const trial = await lockTrial(db, this.#id);
      if (trial) await recordDecision(db, trial, { ...said, at: new Date(at) });
    });
  }

  async #perform(step: TrialStep): Promise<unknown> {
    const now = { trialId: this.#id, at: step.at };
    switch (step.do) {
      case 'report':
        return this.#activities.writeWeeklyReport({ ...now, from: step.from });
      case 'hand-over':
        return this.#activities.handOverConfirmed(now);
      case 'notice-1':
        return this.#activities.issueFirstNotice(now);
      case 'notice-2':
        return this.#activities.sendSecondNotice(now);
      case 'close':
        return this.#activities.closeTrialPeriod({ ...now, as: step.as });
    }
  }
}
