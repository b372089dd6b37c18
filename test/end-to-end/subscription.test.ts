import { describe, expect, it } from 'vitest';
import { Caller, traceOf } from '../support/caller.ts';
import { loneStudent } from '../support/demo.ts';
import { Gate } from '../support/gate.ts';
import { Handset } from '../support/handset.ts';
import { until } from '../support/poll.ts';

describe('ordering and cancelling by text', () => {
  const student = loneStudent(4);
  const parent = new Handset(student.guardians[0]!);

  it('QXJX cancels with its gifts, and the next swipe texts nobody and says why', async () => {
    await parent.send('QXJX');
    await parent.receives(/退订/);

    const before = (await parent.received()).length;
    const gate = await Gate.open(student.schoolId);
    const record = gate.record(student.card);
    await gate.send(record);
    await until('the reason in the trace', async () =>
      (await traceOf(parent.phone)).some(
        (event) => event.workflow?.id.endsWith(`/${gate.boot}/${record.seq}`) && event.reason,
      ),
    );
    await gate.close();
    expect(await parent.received()).toHaveLength(before);
  });

  it('JX orders again, is confirmed, and the swipe after it texts', async () => {
    const before = (await parent.received()).length;
    await parent.send(' jx ');
    await until('the confirmation', async () => (await parent.received()).length === before + 1);
    const gate = await Gate.open(student.schoolId);
    await gate.send(gate.record(student.card, 'out'));
    await parent.receives(/离校/);
    await gate.close();
  });

  it('customer service cancels through the API, and the parent is told', async () => {
    const before = (await parent.received()).length;
    const order = { phone: parent.phone, package: 'home-school', action: 'cancel', channel: 'customer-service' };
    const headers = { 'idempotency-key': `end-to-end-${parent.phone}` };
    const first = await Caller.customerService().post('/api/v1/orders', order, headers);
    expect(first.status).toBe(200);
    const again = await Caller.customerService().post('/api/v1/orders', order, headers);
    expect(await again.json()).toEqual(await first.json());
    await until('the text', async () => (await parent.received()).length === before + 1);
  });

  it.each([
    ['an unknown phone', { phone: '13899990002' }, 404, undefined],
    ['an unknown package', { package: 'gold' }, 400, 'package'],
    ['an unknown channel', { channel: 'pigeon' }, 400, 'channel'],
    ['no action', { action: undefined }, 400, 'action'],
  ])('%s is refused', async (_what, wrong, status, field) => {
    const order = {
      phone: parent.phone,
      package: 'home-school',
      action: 'subscribe',
      channel: 'customer-service',
      ...wrong,
    };
    const response = await Caller.customerService().post('/api/v1/orders', order);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    if (field) expect(JSON.stringify(await response.json())).toContain(field);
  });
});
