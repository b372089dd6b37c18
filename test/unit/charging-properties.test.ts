import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { decideCharges, type ChargeEvent, type ChargeLine } from '../../workflows/domain/charging.ts';
import { CivilMonths, formatMonth } from '../../workflows/domain/civil-month.ts';
import { isOwnConsent } from '../../workflows/domain/subscription/state.ts';
import { anyEvents, anyTime } from '../support/any-events.ts';

const RUNS = { numRuns: 250 };
const carriers = loadCarriers();
const months = new CivilMonths('Asia/Shanghai');
const [FROM, THROUGH] = ['2026-01', '2027-06'];

describe.each([
  ['gansu', 'month'],
  ['shanxi', 'month'],
  ['shanxi', 'year'],
] as const)('whatever %s families order and cancel (by the %s)', (carrier, period) => {
  const versions = carriers.versions(carrier);
  const decide = (events: ChargeEvent[]) => decideCharges(events, versions, FROM, THROUGH);
  const anything = anyEvents(carriers.profile(carrier), period === 'month' ? ['month'] : ['month', 'year']);

  it('there are never two fees that stand for a unit in one month', () => {
    fc.assert(
      fc.property(anything, (events) => {
        const standing = new Map<string, { fen: number; returned: number }>();
        for (const line of decide(events)) {
          const key = `${line.unit} ${line.feeMonth ?? line.month}`;
          const before = standing.get(key);
          if (line.feeMonth !== undefined) {
            expect((before!.returned += -line.fen)).toBeLessThanOrEqual(before!.fen);
          } else {
            expect(before === undefined || before.returned === before.fen, key).toBe(true);
            standing.set(key, { fen: line.fen, returned: 0 });
          }
        }
      }),
      RUNS,
    );
  });

  it('there is no fee without a consent of that payer for that package', () => {
    fc.assert(
      fc.property(anything, (events) => {
        for (const line of decide(events)) {
          const consented = events.some(
            (event) =>
              event.type === 'order' &&
              isOwnConsent(event.channel) &&
              event.unit === line.unit &&
              event.payer === line.payer &&
              event.package === line.package &&
              event.at <= line.decidedAt,
          );
          expect(consented).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('the order in which events come does not matter', () => {
    fc.assert(
      fc.property(
        anything.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        ([events, shuffled]) => {
          expect(sorted(decide(shuffled))).toEqual(sorted(decide(events)));
        },
      ),
      RUNS,
    );
  });

  it('an entry that comes twice counts once', () => {
    fc.assert(
      fc.property(anything, (events) => {
        expect(sorted(decide([...events, ...events]))).toEqual(sorted(decide(events)));
      }),
      RUNS,
    );
  });

  it('units in chunks, months one by one: the same as the whole', () => {
    fc.assert(
      fc.property(anything, (events) => {
        const whole = decide(events);
        const chunks = ['a', 'b'].flatMap((unit) => decide(events.filter((event) => event.unit === unit)));
        expect(sorted(chunks)).toEqual(sorted(whole));
        const each = monthsBetween(FROM, THROUGH).flatMap((month) => decideCharges(events, versions, month));
        expect(sorted(each)).toEqual(sorted(whole));
      }),
      { numRuns: 50 },
    );
  });

  it('a last cancel never adds a fee, and ends those to come', () => {
    fc.assert(
      fc.property(anything, anyTime, fc.constantFrom(0, 1, 24 * 40), ([...events], at, lateHours) => {
        const before = events.filter((event) => event.at <= at);
        const cancel: ChargeEvent = {
          unit: 'a',
          payer: '1',
          package: 'home-school',
          type: 'cancel',
          channel: 'sms',
          at,
          receivedAt: at + lateHours * 3_600_000,
        };
        const [without, after] = [decide(before), decide([...before, cancel])];
        const fees = new Set(without.filter(({ fen }) => fen > 0).map(monthOfUnit));
        for (const line of after.filter(({ fen }) => fen > 0)) expect(fees).toContain(monthOfUnit(line));
        const next = formatMonth(months.of(at) + 1);
        const net = netOf(after);
        for (const line of after) {
          if (line.unit === 'a' && line.month >= next && line.rule !== 'R6') expect(net.get(monthOfUnit(line))).toBe(0);
        }
      }),
      RUNS,
    );
  });

  if (period === 'month') {
    it('what a month costs in the end is nothing or the price', () => {
      const prices = new Map(versions[0]!.packages.map(({ id, fen }) => [id, fen]));
      fc.assert(
        fc.property(anything, (events) => {
          const lines = decide(events);
          for (const [key, net] of netOf(lines)) {
            const last = lines.findLast((line) => monthOfUnit(line) === key && line.fen >= 0)!;
            expect([0, prices.get(last.package)]).toContain(net);
          }
        }),
        RUNS,
      );
    });
  } else {
    it('no more is paid back than was paid', () => {
      fc.assert(
        fc.property(anything, (events) => {
          const paid = new Map<string, number>();
          for (const { unit, fen } of decide(events)) paid.set(unit, (paid.get(unit) ?? 0) + fen);
          for (const sum of paid.values()) expect(sum).toBeGreaterThanOrEqual(0);
        }),
        RUNS,
      );
    });
  }
});

function monthOfUnit({ unit, month }: ChargeLine): string {
  return `${unit} ${month}`;
}

function netOf(lines: ChargeLine[]): Map<string, number> {
  const net = new Map<string, number>();
  for (const line of lines) net.set(monthOfUnit(line), (net.get(monthOfUnit(line)) ?? 0) + line.fen);
  return net;
}

function sorted(lines: ChargeLine[]): string[] {
  return lines.map((line) => JSON.stringify(line)).sort();
}

function monthsBetween(from: string, through: string): string[] {
  const all: string[] = [];
  for (let month = from; month <= through;) {
    all.push(month);
    const [year, number] = month.split('-').map(Number) as [number, number];
    month = number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
  }
  return all;
}
