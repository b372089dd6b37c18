/** An audited family that may be on trial: it speaks by text, on the web and by slips, as through the product's doors. */
import { createInboundSmsActivities } from '../activities/inbound-sms.ts';
import { confirmOnTrial } from '../api/trial-order.ts';
import { bookedFees } from '../infra/postgres/billing-ledger.ts';
import { inTransaction } from '../infra/postgres/pool.ts';
import { commandSubscription, lookAtUnit } from '../infra/postgres/subscription-command.ts';
import { readDue, readSubscription } from '../infra/postgres/subscriptions.ts';
import { findOpenTrial, recordAnswer } from '../infra/postgres/trial-answers.ts';
import { readLog } from '../infra/postgres/unit-log.ts';
import { IDLE_STARTER } from '../infra/temporal/pending-starter.ts';
import { slipSaidAt } from '../workflows/domain/slip.ts';
import { eventWords, ledgerFaults, stateFaults, timeWords } from './audit-checks.ts';
import type { Live } from './audit-family.ts';
import { consentedEvents } from './audit-trial-oracle.ts';

/** One thing said for a family of a class on trial. A `no` is a slip's. */
export interface TrialSaying {
  does: 'order' | 'cancel' | 'no';
  channel: 'sms' | 'web' | 'agent';
  slip: 'dated' | 'undated' | null;
  /** A package. */
  what: string;
  /** Epoch ms. */
  at: number;
  heardAt: number;
  /** An order that answered no trial, as none waited for an answer when it was heard. */
  isNew?: boolean;
}

/** A family whose story is told to the live path. */
export class TrialFamily {
  readonly n: number;
  /** What the class does about each thing said, at that time (epoch ms). */
  heard: (now: number) => Promise<void> = () => Promise.resolve();
  readonly #live: Live;
  readonly #unit: string;
  readonly #story: TrialSaying[];
  readonly #heard: TrialSaying[] = [];
  readonly #faults: string[] = [];
  #trial: { id: string; endsAt: number } | null = null;
  #told = 0;
  #dueAt: number | null = null;

  constructor(live: Live, n: number, story: TrialSaying[]) {
    this.n = n;
    this.#live = live;
    this.#unit = `g${n}`;
    this.#story = story;
  }

  /** Notes the trial that the family is on, if the class's text put it on one. */
  async enrol(id: string, endsAt: number): Promise<void> {
    const { rowCount } = await this.#live.pool.query('select from trial_family where trial_id = $1 and unit = $2', [
      ...[id, this.#unit],
    ]);
    if (rowCount === 1) this.#trial = { id, endsAt };
  }

  /** Lets happen what is heard, and falls due, by `until` (epoch ms). */
  async live(until: number): Promise<void> {
    for (let next; (next = this.#story[this.#told]) && next.heardAt <= until; this.#told++) {
      await this.#wake(next.heardAt);
      const taken = await this.#say(next);
      if (taken) this.#heard.push(taken);
      await this.heard(next.heardAt);
      await this.lookAgain();
      await this.#compare(next.heardAt);
    }
    await this.#wake(until);
    await this.#compare(until);
  }

  /** What the trial ordered may have set the subscription's timer. */
  async lookAgain(): Promise<void> {
    this.#dueAt = await readDue(this.#live.pool, this.#live.tenant, this.#unit);
  }

  async check(until: number): Promise<string[]> {
    const { pool, carriers, tenant } = this.#live;
    const events = consentedEvents(this.#heard, this.#unit, this.#trial?.endsAt ?? null);
    const fees = await bookedFees(pool, tenant, [this.#unit]);
    const faults = [...this.#faults, ...ledgerFaults({ events, fees }, carriers.versions(tenant), until)];
    const end = this.#trial ? `, trial until ${timeWords(this.#trial.endsAt)}` : '';
    const log = await readLog(pool, tenant, this.#unit);
    const recorded = `\n    recorded:${log.events.map(eventWords).join('')}`;
    return faults.map((words) => `family ${this.n}${end}: ${words}${this.#heard.map(sayingWords).join('')}${recorded}`);
  }

  /** After each thing that was heard or fell due. */
  async #compare(now: number): Promise<void> {
    const { pool, carriers, tenant } = this.#live;
    const log = await readLog(pool, tenant, this.#unit);
    const state = await readSubscription(pool, tenant, this.#unit);
    this.#faults.push(...stateFaults(log, state, carriers.versions(tenant), now).map((w) => `${timeWords(now)}: ${w}`));
  }

  async #wake(until: number): Promise<void> {
    const { pool, carriers, tenant } = this.#live;
    while (this.#dueAt !== null && this.#dueAt <= until) {
      const look = { tenant, unit: this.#unit, now: this.#dueAt };
      this.#dueAt = await inTransaction(pool, (db) => lookAtUnit(db, carriers, look));
    }
  }

  /** @returns how it was taken; undefined: not at all, as a no on a slip of who waits for no answer */
  async #say(saying: TrialSaying): Promise<TrialSaying | undefined> {
    if (saying.does === 'no') return (await this.#sayNo(saying)) ? saying : undefined;
    if (saying.channel !== 'sms') return { ...saying, isNew: !(await this.#command(saying)) };
    await this.#text(saying);
    return saying;
  }

  async #text({ does, at, heardAt }: TrialSaying): Promise<void> {
    const { pool, carriers, tenant } = this.#live;
    const { shortCode, keywords } = carriers.profile(tenant, at);
    const words = does === 'order' ? keywords.subscribe : keywords.cancelAll;
    const { rows } = await pool.query<{ id: number }>(
      `insert into mo (tenant, hash, phone, destination, body, received_at, stored_at)
      select $1, $2, phone, $3, $4, $5, $6 from guardian where id = $7 returning id`,
      [tenant, this.#requestId, shortCode, words[0], new Date(at), new Date(heardAt), this.#unit],
    );
    const { routeTexts } = createInboundSmsActivities({ pool, carriers, starter: IDLE_STARTER });
    await routeTexts({ moId: rows[0]!.id });
  }

  /** @returns whether it answered the trial */
  async #command({ does, channel, slip, what, at, heardAt }: TrialSaying): Promise<boolean> {
    const { pool, carriers, tenant } = this.#live;
    const signedOn = this.#dayOf(at);
    const said = {
      ...{ requestId: this.#requestId, channel, actor: this.#unit, guardianId: this.#unit },
      // Who records a paper records it now: its own date is beside it.
      ...{ at: new Date(slip ? heardAt : at).toISOString(), receivedAt: new Date(heardAt).toISOString() },
      evidence: slip ? { slip: this.#requestId, ...(slip === 'dated' && { signedOn }) } : {},
    };
    const target = { tenant, unit: this.#unit };
    return inTransaction(pool, async (db) => {
      if (does === 'cancel') {
        const command = { ...said, scope: 'home-school' };
        await commandSubscription(db, carriers, { ...target, action: 'cancel', command });
        return false;
      }
      const order = { ...said, package: what };
      if (await confirmOnTrial(db, carriers.versions(tenant), this.#unit, order)) return true;
      await commandSubscription(db, carriers, { ...target, action: 'order', command: order });
      return false;
    });
  }

  async #sayNo({ what, at: signedAt, heardAt }: TrialSaying): Promise<boolean> {
    const { pool, carriers, tenant } = this.#live;
    if (!this.#trial) return false;
    const { id: trialId } = this.#trial;
    const { zone } = carriers.profile(tenant, signedAt);
    const signedOn = this.#dayOf(signedAt);
    const at = new Date(slipSaidAt({ answer: 'no', signedOn }, heardAt, zone));
    const of = { tenant, unit: this.#unit, at, requestId: this.#requestId };
    return inTransaction(pool, async (db) => {
      if (!(await findOpenTrial(db, of))) return false;
      const by = { guardianId: this.#unit, channel: 'agent' as const, actor: 'second', package: what };
      await recordAnswer(db, { ...of, ...by, trialId, answer: 'no', evidence: { slip: of.requestId, signedOn } });
      return true;
    });
  }

  /** The date on a slip. */
  #dayOf(at: number): string {
    const { carriers, tenant } = this.#live;
    return new Date(at).toLocaleDateString('sv-SE', { timeZone: carriers.profile(tenant, at).zone });
  }

  get #requestId(): string {
    return `audit-${this.n}-${this.#told}`;
  }
}

/** For whoever looks for the reason. */
function sayingWords({ does, channel, slip, what, at, heardAt }: TrialSaying): string {
  const heard = heardAt === at ? '' : `, heard ${timeWords(heardAt)}`;
  return `\n    ${timeWords(at)} ${slip ?? channel} ${does} ${what}${heard}`;
}
