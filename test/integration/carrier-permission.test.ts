import { beforeEach, describe, expect, it } from 'vitest';
import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { messageCounts } from '../../infra/postgres/messages.ts';
import type { NewSms } from '../../infra/postgres/outbox.ts';
import { aText, queue, states } from '../support/carrier-link.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';
import { addMessage, addSchool, guardianPhone } from '../support/school.ts';

const rig = linkRig();
const { run, accepted, allIn } = rig;
beforeEach(() => addSchool(rig.pool));

const REFUSED = '轮到发送时，家长已不再订制此项服务 (no longer subscribed when its turn came)';
/** Asked again soon enough for a test. */
const SOON = { options: { sender: { permittedForMs: 50 } } };
const toGuardian = (n: number, text: Partial<NewSms> = {}) =>
  aText({ guardianId: `g${n}`, phone: guardianPhone(n), ...text });
const bodies = () => accepted().map(({ text }) => text);

/** A teacher's message to the children of g1 and g2, queued. */
async function homework(): Promise<string> {
  const messageId = await addMessage(rig.pool, { audience: { studentIds: ['s1', 's2'] } });
  const { expandMessage } = createTeacherMessageActivities({ pool: rig.pool, carriers: loadCarriers() });
  await expandMessage({ messageId, after: '', now: Date.now() });
  return messageId;
}

/** What a family's TD leaves in the record, its confirmation included. Returns that text's id. */
async function cancels(n: number): Promise<number> {
  await rig.pool.query(
    `with row as (
      update subscription set state = 'cancelled', services = '{}', since = now() where unit = 'h' || $1
    )
    insert into subscription_event (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at, received_at)
    values ('gansu', 'h' || $1, 'td/' || $1, 'cancel', 'home-school', 'sms', 'g' || $1, 'g' || $1, now(), now())`,
    [String(n)],
  );
  const [id] = await queue(rig.pool, toGuardian(n, { kind: 'answer', body: '您已退订家校互动。' }));
  return id!;
}

/** The school is quiet from so many seconds from now, for an hour. */
const quietIn = (seconds: number) =>
  rig.pool.query(
    `update school set quiet_from = (now() at time zone 'Asia/Shanghai' + $1 * interval '1 s')::time(0),
      quiet_until = (now() at time zone 'Asia/Shanghai' + interval '1 h')::time(0) where id = 'k1'`,
    [seconds],
  );

const queuedFor = async () => {
  const { rows } = await rig.pool.query<{ minutes: number }>(
    `select extract(epoch from not_before - now())::float8 / 60 as minutes from sms_queue`,
  );
  return rows.map(({ minutes }) => minutes);
};

describe('a family that cancels while its texts wait', () => {
  it.each(['in the queue', 'in the memory of a throttled link'])(
    '%s gets its confirmation and nothing else',
    async (where) => {
      const throttled = where !== 'in the queue';
      if (throttled) {
        rig.smsc.faults.replace({ reject: { status: 'ESME_RTHROTTLED' } });
        run(SOON);
      }
      const messageId = await homework();
      await queue(rig.pool, toGuardian(1, { kind: 'safety', body: '已到校' }), toGuardian(2, { kind: 'safety' }));
      if (throttled) await until('refused', () => (rig.smsc.stats().rejected['ESME_RTHROTTLED'] ?? 0) > 2);
      const confirmation = await cancels(1);
      rig.smsc.faults.replace({});
      if (!throttled) run();
      await allIn([confirmation], 'DELIVERED');
      await until('settled', async () => (await messageCounts(rig.pool, messageId)).delivered === 1);
      expect(
        accepted()
          .filter(({ to }) => to === guardianPhone(1))
          .map(({ text }) => text),
      ).toEqual(['您已退订家校互动。']);
      const { rows } = await rig.pool.query(
        `select kind, state, error from sms s join sms_status v on v.sms_id = s.id
      where guardian_id = 'g1' and kind <> 'answer' order by kind`,
      );
      expect(rows).toEqual(['class-message', 'safety'].map((kind) => ({ kind, state: 'CANCELLED', error: REFUSED })));
      expect(await messageCounts(rig.pool, messageId)).toMatchObject({
        delivered: 1,
        suppressed: 1,
        failed: 0,
        queued: 0,
      });
    },
  );

  it('of a text that is sent again, the list of uncertain ones is rid', async () => {
    rig.smsc.faults.replace({ dropBeforeResponse: { count: 1 }, receipts: { mode: 'missing', delayMs: 1 } });
    const ids = await queue(rig.pool, toGuardian(1, { kind: 'safety' }));
    run();
    await allIn(ids, 'UNCERTAIN');
    await cancels(1);
    await rig.pool.query('update sms_queue set not_before = now()');
    await allIn(ids, 'CANCELLED');
    expect(accepted().filter(({ text }) => text?.startsWith('作业'))).toHaveLength(1);
  });
});

describe('quiet hours that began while a text waited', () => {
  it('keep it in the queue until they end, and let what is urgent or an answer pass', async () => {
    await homework();
    const awake = await queue(
      rig.pool,
      ...(['one-time-password', 'safety', 'conversation', 'answer'] as const).map((kind) => toGuardian(1, { kind })),
    );
    await queue(rig.pool, toGuardian(1, { kind: 'notice', body: '通知' }));
    await quietIn(-3_600);
    const link = run();
    await allIn(awake, 'DELIVERED');
    await until('put off', async () => (await queuedFor()).every((minutes) => minutes > 58));
    expect(await queuedFor()).toHaveLength(3);
    expect(accepted()).toHaveLength(4);
    await link.stop();
    // Morning.
    await rig.pool.query(`update school set quiet_from = null, quiet_until = null`);
    await rig.pool.query('update sms_queue set not_before = now()');
    run();
    await until('all left', () => accepted().length === 7);
  });

  it('keep it back in a throttled link too, but not the rest of a text that has begun to leave', async () => {
    rig.smsc.faults.replace({ rateLimit: { segmentsPerSecond: 1, burst: 1, status: 'ESME_RTHROTTLED' } });
    const long = '好'.repeat(180);
    const ids = await queue(rig.pool, toGuardian(2, { body: long }), toGuardian(1, { body: '作业' }));
    await quietIn(2);
    run(SOON);
    await until('a part left', () => accepted().length > 0);
    await until('put off', async () => (await queuedFor()).some((minutes) => minutes > 58), 20_000);
    rig.smsc.faults.replace({});
    await allIn([ids[0]!], 'DELIVERED');
    expect(bodies()).not.toContain('作业');
    expect(await states(rig.pool, ids)).toEqual(['DELIVERED', 'QUEUED']);
  });
});
