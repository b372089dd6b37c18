import { describe, expect, it } from 'vitest';
import { aText, queue, type LinkSetup } from '../support/carrier-link.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';

const rig = linkRig();
const { run, accepted, allIn } = rig;

describe('a text on its way', () => {
  it('leaves the outbox, is accepted and delivered', async () => {
    const ids = await queue(rig.pool, aText(), aText({ body: 'a'.repeat(161) }), aText({ body: '好'.repeat(200) }));
    run();
    await allIn(ids, 'DELIVERED');
    expect(accepted().map(({ part, parts }) => [part, parts])).toEqual([
      ...[[1, 1]],
      ...[
        [1, 2],
        [2, 2],
      ],
      ...[
        [1, 3],
        [2, 3],
        [3, 3],
      ],
    ]);
  });

  it('is stored when a parent sends it, and starts its workflow', async () => {
    const started: LinkSetup['started'] = [];
    run({ started });
    rig.smsc.sendFromPhone({ from: '13900000001', to: '10657099', text: '谢谢老师' });
    await until('started', () => started.length > 0);
    const { rows } = await rig.pool.query('select id, tenant, phone, destination, body, hash from mo');
    expect(rows).toMatchObject([{ tenant: 'gansu', phone: '13900000001', destination: '10657099', body: '谢谢老师' }]);
    expect(started).toEqual([{ kind: 'inbound-sms', tenant: 'gansu', key: (rows[0] as { hash: string }).hash }]);
  });
});
