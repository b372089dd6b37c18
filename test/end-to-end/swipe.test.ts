import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demo, loneStudent } from '../support/demo.ts';
import { civilNow, Gate } from '../support/gate.ts';
import { Handset } from '../support/handset.ts';
import { until } from '../support/poll.ts';
import { traceOf } from '../support/caller.ts';

describe('a swipe at the gate', () => {
  const student = loneStudent(0);
  let gate: Gate;
  beforeAll(async () => {
    gate = await Gate.open(student.schoolId);
  });
  afterAll(() => gate.close());

  it('is acked, texts each guardian once though sent five times, and is delivered', async () => {
    const record = gate.record(student.card);
    for (let times = 0; times < 5; times++) await gate.send(record);
    await until('the ack', () => gate.ackedUpTo() >= record.seq);

    const time = record.at.slice(11, 16);
    for (const phone of student.guardians) {
      const text = await new Handset(phone).receives(new RegExp(`${student.name}.*${time}到校`));
      expect(text.text).toMatch(new RegExp(`^【.+】您的孩子${student.name}已于${time}到校。$`));
      expect(text.from.startsWith(demo().carrier.shortCode)).toBe(true);
      await until('the receipt', async () =>
        (await traceOf(phone)).some((event) => event.kind === 'sms' && event.outcome === 'DELIVERED'),
      );
      const arrivals = (await new Handset(phone).received()).filter(({ text: body }) => body.includes(`${time}到校`));
      expect(arrivals).toHaveLength(1);
    }
  });

  it('says when the child left', async () => {
    const record = gate.record(student.card, 'out');
    await gate.send([record]);
    const text = await new Handset(student.guardians[0]!).receives(/离校/);
    expect(text.text).toMatch(new RegExp(`^【.+】您的孩子${student.name}已于${record.at.slice(11, 16)}离校。$`));
  });

  it('is explained by the trace, with a link to its workflow', async () => {
    const events = await until('the swipe in the trace', async () => {
      const all = await traceOf(student.guardians[0]!);
      return all.some((event) => event.workflow?.id.startsWith('swipe/')) && all;
    });
    const sms = events.find((event) => event.kind === 'sms')!;
    expect(sms.workflow!.id).toContain(`swipe/${gate.reader.deviceId}/${gate.boot}/`);
    expect(sms.workflow!.url).toContain(demo().temporal.ui);
    expect(events.map((event) => event.at)).toEqual(events.map((event) => event.at).toSorted());
  });

  const bad: [string, (gate: Gate) => unknown][] = [
    ['a wrong signature', (g) => ({ ...g.record(loneStudent(1).card), sig: '0'.repeat(64) })],
    ['an unknown card', (g) => g.record('FFFFFFFF')],
    ['a clock a day behind', (g) => g.record(loneStudent(1).card, 'in', civilNow(-86_460_000))],
    ['a clock a day ahead', (g) => g.record(loneStudent(1).card, 'in', civilNow(86_460_000))],
    ['not JSON', () => '{"boot":'],
    ['an array of 101', (g) => Array.from({ length: 101 }, () => g.record(loneStudent(1).card))],
    ['a megabyte', () => JSON.stringify({ card: 'x'.repeat(1_000_000) })],
  ];
  it.each(bad)('with %s texts nobody and the next one still arrives', async (_what, make) => {
    const victim = loneStudent(1);
    const before = (await new Handset(victim.guardians[0]!).received()).length;
    const other = await Gate.open(victim.schoolId);
    try {
      await other.send(make(other));
    } finally {
      await other.close();
    }
    // A good swipe sent afterwards has passed the same link: whatever the bad one would do, it has done.
    const witness = loneStudent(2);
    const after = await Gate.open(witness.schoolId);
    const record = after.record(witness.card);
    await after.send(record);
    await until('the ack of the good swipe', () => after.ackedUpTo() >= record.seq);
    await after.close();
    expect(await new Handset(victim.guardians[0]!).received()).toHaveLength(before);
  });
});
