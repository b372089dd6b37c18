import { expect, it } from 'vitest';
import { consentedEvents } from '../../scripts/audit-trial-oracle.ts';
import type { TrialSaying } from '../../scripts/audit-trial-family.ts';

/** The trial ends on day 10; times are days. */
const END = 10;
const order = (at: number, more: Partial<TrialSaying> = {}): TrialSaying => ({
  ...{ does: 'order', channel: 'sms', slip: null, what: 'usual', at, heardAt: at },
  ...more,
});
const stop = (at: number, heardAt = at) => order(at, { does: 'cancel', heardAt });
const no = (at: number, heardAt = at) => order(at, { does: 'no', channel: 'agent', slip: 'dated', heardAt });
const web = (at: number, what: string) => order(at, { channel: 'web', what });
const paper = (slip: 'dated' | 'undated', at: number, heardAt = at) => order(at, { channel: 'agent', slip, heardAt });

it.each<[string, TrialSaying[], [string, string, number][]]>([
  ['silence is no consent', [], []],
  ['a yes is an order at the end', [order(2)], [['order', 'usual', END]]],
  ['a yes heard after the end is one too', [order(2, { heardAt: 30 })], [['order', 'usual', END]]],
  ['a yes after the end is an order then', [order(12)], [['order', 'usual', 12]]],
  ['a later no stands', [order(2), no(3)], []],
  ['a later stop stands, heard first or last', [stop(3), order(2, { heardAt: 4 })], []],
  ['at one instant the no', [no(2), order(2)], []],
  ['a yes after a no stands', [no(2), order(3)], [['order', 'usual', END]]],
  ['the later package', [web(2, 'more'), web(3, 'less')], [['order', 'less', END]]],
  ['a text names none', [web(2, 'more'), order(3)], [['order', 'more', END]]],
  ['an undated slip overrules no stop before it', [stop(2), paper('undated', 3)], []],
  ['a dated one does', [stop(2), paper('dated', 3)], [['order', 'usual', END]]],
  [
    'a paper signed before a stop orders nothing after it',
    [paper('dated', 11, 14), stop(12)],
    [['cancel', 'usual', 12]],
  ],
])('%s', (_, story, events) => {
  const made = consentedEvents(story, 'g', END).map(({ type, package: id, at }) => [type, id, at]);
  expect(made).toEqual(events);
});
