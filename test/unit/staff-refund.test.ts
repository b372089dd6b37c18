import { expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import type { ChargeEvent } from '../../workflows/domain/charging.ts';
import { needsSecondPerson } from '../../workflows/domain/staff-refund.ts';
import { eventOf } from '../support/charge-story.ts';

const versions = loadCarriers()
  .versions('shanxi')
  .map((version) => ({ ...version, staffRefundFen: 2000 }));
const ORDER = 'web order HS/year 03-05 10:00';

it.each<[string, string[], number, number | null]>([
  ['staff’s, dated back', ['agent cancel HS/year 04-10 10:00 learnt 06-01 09:00'], -2001, 1],
  ['10086’s', ['customer-service cancel HS/year 04-10 10:00 learnt 06-01 09:00'], -4000, 1],
  ['an admin’s', ['admin cancel HS/year 04-10 10:00 learnt 06-01 09:00'], -4000, 1],
  ['of just the sum', ['agent cancel HS/year 04-10 10:00 learnt 06-01 09:00'], -2000, null],
  ['as it is said', ['agent cancel HS/year 04-10 10:00'], -4000, null],
  ['the parent’s own, heard late', ['cancel HS/year 04-10 10:00 learnt 06-01 09:00'], -4000, null],
  [
    'what the parent said too',
    ['agent cancel HS/year 04-10 10:00 learnt 06-01 09:00', 'cancel HS/year 04-10 10:00 learnt 06-02 09:00'],
    -4000,
    null,
  ],
  [
    'what is said at the instant of the parent’s own order',
    ['web order HS/year 04-10 10:00', 'agent cancel HS/year 04-10 10:00 learnt 06-01 09:00'],
    -4000,
    2,
  ],
  ['another cancel’s', ['agent cancel HS/year 05-01 10:00 learnt 06-01 09:00'], -4000, null],
])('a second person looks at what takes back: %s', (_name, cancels, fen, event) => {
  const events: ChargeEvent[] = [ORDER, ...cancels].map((text, id) => ({ ...eventOf(text), id }));
  const cancelledAt = Date.parse('2026-04-10T10:00:00+08:00');
  const line = {
    fen,
    decidedAt: Date.parse('2026-06-01T09:00:00+08:00'),
    basis: { kind: 'refund' as const, cancelledAt },
  };
  expect(needsSecondPerson(line, events, versions)).toBe(event);
});
