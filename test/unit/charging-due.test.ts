import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { nextChargeAt } from '../../workflows/domain/charging.ts';
import { formatWithOffset } from '../../workflows/domain/civil-time.ts';
import { foldUnit } from '../../workflows/domain/subscription/fold.ts';
import { eventOf } from '../support/charge-story.ts';

const carriers = loadCarriers();

/** What comes after `now` for a family with these events, in words. */
function comes(carrier: string, events: string[], now: string) {
  const at = eventOf(`cancel ${now}`).at;
  const log = { events: events.map((each) => eventOf(each)), trial: null };
  const { dueAt, yearOver } = foldUnit(log, carriers.versions(carrier), at).upcoming;
  const tell = (instant: number | null) =>
    instant === null ? null : formatWithOffset(instant, 'Asia/Shanghai').slice(0, 19).replace('T', ' ');
  return { due: tell(dueAt), yearOver: tell(yearOver?.at ?? null) };
}

describe('what is due by itself', () => {
  it.each([
    ['a first order: its waiver’s end', ['order 03-05 10:00'], '03-05 10:00', '2026-03-08 10:00:00'],
    ['one second before it', ['order 03-05 10:00'], '03-08 09:59:59', '2026-03-08 10:00:00'],
    ['at it: nothing more, it simply goes on', ['order 03-05 10:00'], '03-08 10:00:00', null],
    ['cancelled within it: nothing', ['order 03-05 10:00', 'cancel 03-06 10:00'], '03-06 10:00', null],
    ['the last first order of a month', ['order 03-20 23:59:59'], '03-21 00:00', '2026-03-23 23:59:59'],
    ['a late order: nothing before the month’s run', ['order 03-21 00:00'], '03-21 00:00', null],
    [
      'a repeated order is charged at once',
      ['order 03-05 10:00', 'cancel 03-05 11:00', 'order 03-05 12:00'],
      '03-05 12:00',
      null,
    ],
    ['an agent’s order waits for consent, not for a time', ['agent order 03-05 10:00'], '03-05 10:00', null],
    ['carried over from last month', ['order 02-05 10:00'], '03-15 10:00', null],
    ['nothing ever happened', [], '03-15 10:00', null],
    [
      'what is said later is not known yet',
      ['order 03-05 10:00', 'cancel 03-06 10:00'],
      '03-05 11:00',
      '2026-03-08 10:00:00',
    ],
  ])('%s', (_what, events, now, due) => {
    expect(comes('gansu', events, now)).toEqual({ due, yearOver: null });
  });

  it.each([
    [
      'a change of bundle: its month',
      ['order 03-05 10:00', 'web order SAFE 03-10 10:00'],
      '03-10 10:00',
      '2026-04-01 00:00:00',
    ],
    [
      'the waiver’s end before the change',
      ['order 03-05 10:00', 'web order SAFE 03-06 10:00'],
      '03-06 10:00',
      '2026-03-08 10:00:00',
    ],
    ['a change that was made', ['order 03-05 10:00', 'web order SAFE 03-10 10:00'], '04-01 00:00', null],
    ['a year within its waiver', ['order HS/year 03-05 10:00'], '03-05 10:00', '2026-03-08 10:00:00'],
    ['a paid year: its end', ['order HS/year 03-05 10:00'], '03-08 10:00', '2027-03-01 00:00:00'],
    ['a year ordered late: the month it begins', ['order HS/year 03-25 10:00'], '03-25 10:00', '2026-04-01 00:00:00'],
    ['and then its end', ['order HS/year 03-25 10:00'], '04-01 00:00', '2027-04-01 00:00:00'],
    ['a year given up', ['order HS/year 03-05 10:00', 'cancel HS/year 05-05 10:00'], '05-05 10:00', null],
  ])('in shanxi, %s', (_what, events, now, due) => {
    expect(comes('shanxi', events, now)).toEqual({ due, yearOver: null });
  });

  it('tells that a year is over, also when something is ordered since', () => {
    const year = ['order HS/year 2025-03-05 10:00'];
    expect(comes('shanxi', year, '02-28 23:59:59').yearOver).toBeNull();
    expect(comes('shanxi', year, '03-01 00:00:00')).toEqual({ due: null, yearOver: '2026-03-01 00:00:00' });
    expect(comes('shanxi', [...year, 'order 03-02 10:00'], '03-02 10:00')).toEqual({
      due: '2026-03-05 10:00:00',
      yearOver: '2026-03-01 00:00:00',
    });
  });
});

describe('when the next fee falls due', () => {
  it.each<[string, string[], string, string | null]>([
    ['a first order: its waiver’s end', ['order 01-05 10:00'], '01-05 10:00', '2026-01-08 10:00:00'],
    ['at that instant: it', ['order 01-05 10:00'], '01-08 10:00:00', '2026-01-08 10:00:00'],
    ['after it: the next month that is not free', ['order 01-05 10:00'], '01-08 10:00:01', '2026-03-01 00:00:00'],
    ['before July and August: September', ['order 06-25 10:00'], '06-25 10:00', '2026-09-01 00:00:00'],
    ['cancelled: never', ['order 01-05 10:00', 'cancel 01-06 10:00'], '01-06 10:00', null],
    ['an agent’s order without consent: never', ['agent order 01-05 10:00'], '01-05 10:00', null],
    [
      'a year changed: the fee, and not what is paid back with it',
      ['order HS/year 03-05 10:00', 'web order HS 04-10 10:00'],
      '04-10 10:00',
      '2026-05-01 00:00:00',
    ],
  ])('%s', (_what, events, from, due) => {
    const at = nextChargeAt(
      events.map((each) => eventOf(each)),
      carriers.versions('shanxi'),
      eventOf(`cancel ${from}`).at,
    );
    expect(at === null ? null : formatWithOffset(at, 'Asia/Shanghai').slice(0, 19).replace('T', ' ')).toBe(due);
  });
});
