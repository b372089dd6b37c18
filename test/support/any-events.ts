import fc from 'fast-check';
import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import type { ChargeEvent } from '../../workflows/domain/charging.ts';
import { CivilMonths } from '../../workflows/domain/civil-month.ts';

const months = new CivilMonths('Asia/Shanghai');
const JANUARY = 2026 * 12;

/** Times where rules turn: boundaries and a second either side, a few hours of ordinary days, and coincidences. */
export const anyTime = fc
  .record({
    month: fc.integer({ min: 0, max: 14 }),
    day: fc.constantFrom(1, 1, 4, 5, 8, 18, 20, 21, 23, 24, 26, 28, 32),
    second: fc.constantFrom(-1, 0, 0, 1, 36_000),
  })
  .map(({ month, day, second }) => months.midnight(JANUARY + month, day) + second * 1000);

/** Any orders and cancels of a few units, some learnt of late. */
export const anyEvents = ({ packages }: CarrierProfile, periods: ('month' | 'year')[], units = ['a', 'b']) =>
  fc.array(
    fc
      .record({
        unit: fc.constantFrom(...units),
        payer: fc.constantFrom('1', '2'),
        package: fc.constantFrom(...packages.filter(({ period }) => periods.includes(period)).map(({ id }) => id)),
        type: fc.constantFrom<ChargeEvent['type']>('order', 'order', 'cancel'),
        channel: fc.constantFrom('sms', 'sms', 'web', 'agent', 'customer-service'),
        at: anyTime,
        lateHours: fc.constantFrom(0, 0, 0, 1, 80, 24 * 20, 24 * 70),
      })
      .map(({ lateHours, ...event }): ChargeEvent => ({ ...event, receivedAt: event.at + lateHours * 3_600_000 })),
    { maxLength: 14 },
  );
