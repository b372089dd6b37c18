/** Charging on paper: the rules over real events, nothing written. For previews and for backtests of a tariff. */
import { chargeEvent, type EventRow } from '../../workflows/domain/billing-decision.ts';
import { monthEnd } from '../../workflows/domain/billing-month.ts';
import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import { decideCharges, type ChargeLine } from '../../workflows/domain/charging.ts';
import { EVENT_ROW } from './charge-events.ts';
import type { Db } from './pool.ts';

/** Units of a page: a few MB of events. */
const PAGE_UNITS = 5_000;

/** All events before `until` of one page of units after `after`; null: there are no more. */
export async function eventsPage(
  db: Db,
  tenant: string,
  after: string,
  until: number,
  units = PAGE_UNITS,
): Promise<{ upto: string; units: number; events: EventRow[] } | null> {
  const { rows } = await db.query<{ upto: string | null; units: number }>(
    `select max(unit) as upto, count(*) as units
    from (select unit from subscription where tenant = $1 and unit > $2 order by unit limit $3) page`,
    [tenant, after, units],
  );
  const { upto, units: count } = rows[0]!;
  if (upto === null) return null;
  const read = await db.query<EventRow>({
    rowMode: 'array',
    text: `select ${EVENT_ROW} from subscription_event
      where tenant = $1 and unit > $2 and unit <= $3 and at < $4
      order by unit, at, id`,
    values: [tenant, after, upto, new Date(until)],
  });
  return { upto, units: count, events: read.rows };
}

/** What one unit would pay in one month, before and under the changed rules, where they differ. */
export interface BacktestDifference {
  unit: string;
  month: string;
  beforeFen: number;
  afterFen: number;
}

export interface BacktestTotals {
  /** Units looked at. */
  families: number;
  /** Units that would have paid something else in at least one month. */
  familiesChanged: number;
  beforeFen: number;
  afterFen: number;
  months: { month: string; beforeFen: number; afterFen: number; familiesChanged: number }[];
}

export interface Backtest {
  tenant: string;
  months: string[];
  /** All versions of the rules as they were, and as they would have been. */
  before: readonly CarrierProfile[];
  after: readonly CarrierProfile[];
  onPage?: (families: number) => void;
  /** Told each difference, so that none needs to be kept. */
  onDifference?: (difference: BacktestDifference) => void;
}

/** Runs changed rules over the real subscriptions of past months (spec §10.4). */
export async function backtest(db: Db, options: Backtest): Promise<BacktestTotals> {
  const { tenant, months } = options;
  const [first, last] = [months[0]!, months.at(-1)!];
  const totals = new Map(months.map((month) => [month, { month, beforeFen: 0, afterFen: 0, familiesChanged: 0 }]));
  const until = monthEnd(last, options.before[0]!.zone);
  let families = 0;
  let familiesChanged = 0;
  for (let page, place = ''; (page = await eventsPage(db, tenant, place, until)); place = page.upto) {
    const events = page.events.map(chargeEvent);
    const changed = new Set<string>();
    for (const difference of sumsOf(
      decideCharges(events, options.before, first, last),
      decideCharges(events, options.after, first, last),
    )) {
      const { unit, month, beforeFen, afterFen } = difference;
      const total = totals.get(month)!;
      total.beforeFen += beforeFen;
      total.afterFen += afterFen;
      if (beforeFen === afterFen) continue;
      total.familiesChanged++;
      changed.add(unit);
      options.onDifference?.(difference);
    }
    families += page.units;
    familiesChanged += changed.size;
    options.onPage?.(families);
  }
  const byMonth = [...totals.values()];
  const sum = (of: 'beforeFen' | 'afterFen') => byMonth.reduce((total, month) => total + month[of], 0);
  return { families, familiesChanged, beforeFen: sum('beforeFen'), afterFen: sum('afterFen'), months: byMonth };
}

/** What each unit pays in each month, both ways. */
function sumsOf(before: readonly ChargeLine[], after: readonly ChargeLine[]): Iterable<BacktestDifference> {
  const sums = new Map<string, BacktestDifference>();
  const add = (lines: readonly ChargeLine[], of: 'beforeFen' | 'afterFen') => {
    for (const { unit, month, fen } of lines) {
      const key = `${month}/${unit}`;
      const known = sums.get(key);
      if (known) known[of] += fen;
      else sums.set(key, { unit, month, beforeFen: 0, afterFen: 0, [of]: fen });
    }
  };
  add(before, 'beforeFen');
  add(after, 'afterFen');
  return sums.values();
}

/** How many units a carrier has, for a progress bar. */
export async function countUnits(db: Db, tenant: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>('select count(*) from subscription where tenant = $1', [tenant]);
  return rows[0]!.count;
}
