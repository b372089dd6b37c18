/** An audited family: its story told to the live path, and what that came to. */
import type { Carriers } from '../infra/carriers.ts';
import { bookedFees } from '../infra/postgres/billing-ledger.ts';
import { inTransaction, type Pool } from '../infra/postgres/pool.ts';
import { commandSubscription, lookAtUnit } from '../infra/postgres/subscription-command.ts';
import { readSubscription } from '../infra/postgres/subscriptions.ts';
import { readLog } from '../infra/postgres/unit-log.ts';
import { eventWords, ledgerFaults, stateFaults, textFaults, type Told } from './audit-checks.ts';
import type { Saying } from './audit-stories.ts';

/** Where an audited family lives. */
export interface Live {
  pool: Pool;
  carriers: Carriers;
  tenant: string;
}

/** A family whose story is told to the live path. */
export class Family {
  readonly n: number;
  readonly #pool: Pool;
  readonly #carriers: Carriers;
  readonly #tenant: string;
  readonly #unit: string;
  readonly #story: Saying[];
  readonly #texts: Told[] = [];
  #told = 0;
  #dueAt: number | null = null;

  constructor({ pool, carriers, tenant }: Live, n: number, story: Saying[]) {
    this.n = n;
    this.#pool = pool;
    this.#carriers = carriers;
    this.#tenant = tenant;
    this.#unit = `${carriers.profile(tenant).billingUnit === 'household' ? 'h' : 'g'}${n}`;
    this.#story = story;
  }

  /** Lets happen what is heard, and falls due, by `until` (epoch ms). */
  async live(until: number): Promise<void> {
    for (let next; (next = this.#story[this.#told]) && next.heardAt <= until; this.#told++) {
      await this.#wake(next.heardAt);
      await this.#say(next);
    }
    await this.#wake(until);
    await this.#release(until);
  }

  async check(now: number, until: number): Promise<string[]> {
    const versions = this.#carriers.versions(this.#tenant);
    const log = await readLog(this.#pool, this.#tenant, this.#unit);
    const state = await readSubscription(this.#pool, this.#tenant, this.#unit);
    const fees = await bookedFees(this.#pool, this.#tenant, [this.#unit]);
    const audited = { events: log.events, fees, texts: this.#texts };
    const faults = [
      ...ledgerFaults(audited, versions, until),
      ...stateFaults(log, state, versions, now),
      ...textFaults(audited, versions[0]!),
    ];
    return faults.map((words) => `family ${this.n}: ${words}${audited.events.map(eventWords).join('')}`);
  }

  /** The workflow's one timer. */
  async #wake(until: number): Promise<void> {
    while (this.#dueAt !== null && this.#dueAt <= until) {
      const unit = { tenant: this.#tenant, unit: this.#unit, now: this.#dueAt };
      this.#dueAt = await inTransaction(this.#pool, (db) => lookAtUnit(db, this.#carriers, unit));
    }
  }

  /** A second person lets refunds by staff go (docs/decisions/0004). */
  async #release(now: number): Promise<void> {
    const unit = { tenant: this.#tenant, unit: this.#unit };
    await inTransaction(this.#pool, async (db) => {
      const { rowCount } = await db.query(
        `insert into refund_decision (hold_id, released, account_id, note)
        select id, true, 'second', 'audited' from held_refund where tenant = $1 and unit = $2`,
        [unit.tenant, unit.unit],
      );
      if (rowCount! > 0) this.#dueAt = await lookAtUnit(db, this.#carriers, { ...unit, now });
    });
  }

  async #say({ does, channel, what, slip, handed, at, heardAt }: Saying): Promise<void> {
    const requestId = `audit/${this.n}/${this.#told}`;
    const said = {
      ...{ requestId, channel, actor: `g${this.n}`, guardianId: `g${this.n}` },
      ...{ at: new Date(at).toISOString(), receivedAt: new Date(heardAt).toISOString() },
      evidence: slip ? { slip: `S${this.n}-${this.#told}` } : {},
    };
    const unit = { tenant: this.#tenant, unit: this.#unit };
    const before = await this.#returned();
    const { dueAt } = await inTransaction(this.#pool, (db) =>
      commandSubscription(
        db,
        this.#carriers,
        does === 'order'
          ? { ...unit, action: 'order', command: { ...said, package: what } }
          : { ...unit, action: 'cancel', command: { ...said, scope: what } },
      ),
    );
    this.#dueAt = dueAt;
    const { rows } = await this.#pool.query<{ id: number; body: string }>(
      'select id, body from sms where origin = $1',
      [`subscription/${requestId}/answer`],
    );
    const [text] = rows;
    if (!text) return;
    const returned = (await this.#returned()) - before;
    this.#texts.push({ body: text.body, at, heardAt, returned });
    if (handed)
      await this.#pool.query(
        `with gone as (delete from sms_queue where sms_id = $1)
        insert into sms_part (sms_id, part, state, at) values ($1, 1, 'ACCEPTED', $2)`,
        [text.id, new Date(heardAt + 60_000)],
      );
  }

  async #returned(): Promise<number> {
    const fees = await bookedFees(this.#pool, this.#tenant, [this.#unit]);
    return fees.reduce((sum, { returned }) => sum + returned, 0);
  }
}
