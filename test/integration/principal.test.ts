import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { giveToken, startApi, type TestApi } from '../support/api.ts';
import { inboundRig, now } from '../support/inbound.ts';
import { guardianPhone, teacherPhone } from '../support/school.ts';

const rig = inboundRig();
let api: TestApi;
beforeEach(async () => {
  await rig.pool.query(`insert into account (id, login, tenants, role, school_id, teacher_id) values
    ('principal', 'principal', '{gansu}', 'school-admin', 'k1', null), ('a2', 'zhang', '{gansu}', 'teacher', 'k1', 't2')`);
  for (const id of ['principal', 'a1', 'a2']) await giveToken(rig.pool, id, id);
  api = await startApi({ pool: rig.pool });
});
afterEach(() => api.close());

const ask = (token: string, method: string, path: string, body?: object) =>
  api.ask(method, `/api/v1${path}`, { token, ...(body ? { body } : {}) });
const send = (token: string, audience: object) =>
  ask(token, 'POST', '/messages', { kind: 'notice', audience, text: '明天开家长会' });

/** Sends and expands; the texts by whom they went to: from which address, and whose answers it takes. */
async function texts(token: string, audience: object) {
  const sent = await send(token, audience);
  expect(sent.status).toBe(202);
  const { id: messageId } = (await sent.json()) as { id: string };
  const { expandMessage } = createTeacherMessageActivities({ pool: rig.pool, carriers: loadCarriers() });
  await expandMessage({ messageId, after: '', now });
  const { rows } = await rig.pool.query<{ guardian: string; teacher: string; source: string }>(
    `select guardian_id as guardian, teacher_id as teacher, source from sms where message_id = $1 order by guardian_id`,
    [messageId],
  );
  return rows;
}
const answersOf = async (audience: object) =>
  (await texts('principal', audience)).map(({ guardian, teacher }) => `${guardian} ${teacher}`);

describe('a principal’s notice', () => {
  it('is sent, and answered to the homeroom teacher of each family’s child it is about', async () => {
    expect(await answersOf({ schoolId: 'k1' })).toEqual(['g1 t1', 'g2 t1', 'g3 t1']);
    expect(await answersOf({ classIds: ['c2'] })).toEqual(['g3 t2']);
    expect(await answersOf({ studentIds: ['s5'] })).toEqual(['g3 t2']);
  });

  it('and the answer reaches that teacher’s phone, and the teacher’s the parent', async () => {
    const { source } = (await texts('principal', { classIds: ['c2'] }))[0]!;
    const reply = await rig.receive(guardianPhone(3), '一定到', { to: source });
    expect(reply.texts).toMatchObject([{ phone: teacherPhone(2), source }]);
    expect((await rig.receive(teacherPhone(2), '好', { to: source })).texts).toMatchObject([
      { phone: guardianPhone(3), source },
    ]);
  });

  it('is answered to whom the school says', async () => {
    expect((await ask('principal', 'PUT', '/school', { answersTo: 't2' })).status).toBe(204);
    expect(await (await ask('principal', 'GET', '/school')).json()).toMatchObject({ id: 'k1', answersTo: 't2' });
    expect(await answersOf({ schoolId: 'k1' })).toEqual(['g1 t2', 'g2 t2', 'g3 t2']);
    // A teacher's own message is answered to the teacher all the same.
    expect((await texts('a1', { classIds: ['c1'] })).map(({ teacher }) => teacher)).toEqual(['t1', 't1', 't1']);
    expect((await ask('principal', 'PUT', '/school', { answersTo: 't9' })).status).toBe(404);
    expect((await ask('principal', 'PUT', '/school', { answersTo: null })).status).toBe(204);
    expect(await answersOf({ classIds: ['c2'] })).toEqual(['g3 t2']);
  });
});

describe('what a principal gives a teacher', () => {
  const give = async (body: object) => {
    const given = await ask('principal', 'POST', '/grants', body);
    expect(given.status).toBe(201);
    return ((await given.json()) as { id: string }).id;
  };
  const classesOf = async (token: string) =>
    ((await (await ask(token, 'GET', '/classes')).json()) as { classes: { id: string }[] }).classes.map(({ id }) => id);

  it('is another class, as if it were the teacher’s own, until it is taken back', async () => {
    for (const audience of [{ classIds: ['c2'] }, { studentIds: ['s6'] }, { schoolId: 'k1' }])
      expect((await send('a1', audience)).status).toBe(404);
    const id = await give({ teacherId: 't1', classId: 'c2' });
    expect(await classesOf('a1')).toEqual(['c1', 'c2']);
    expect((await send('a1', { classIds: ['c1', 'c2'] })).status).toBe(202);
    expect((await send('a1', { studentIds: ['s6'] })).status).toBe(202);
    expect((await send('a1', { schoolId: 'k1' })).status).toBe(404);
    expect((await ask('a1', 'GET', `/trace?phone=${guardianPhone(4)}`)).status).toBe(200);
    expect((await ask('principal', 'DELETE', `/grants/${id}`)).status).toBe(204);
    expect(await classesOf('a1')).toEqual(['c1']);
    expect((await send('a1', { classIds: ['c2'] })).status).toBe(404);
    expect((await ask('a1', 'GET', `/trace?phone=${guardianPhone(4)}`)).status).toBe(404);
  });

  it('or the whole school', async () => {
    await give({ teacherId: 't1' });
    expect(await classesOf('a1')).toEqual(['c1', 'c2']);
    expect((await send('a1', { schoolId: 'k1' })).status).toBe(202);
  });

  it('is given once, and stays on record with who gave and took it', async () => {
    const id = await give({ teacherId: 't1', classId: 'c2' });
    expect(await give({ teacherId: 't1', classId: 'c2' })).toBe(id);
    const { teachers } = (await (await ask('principal', 'GET', '/teachers')).json()) as { teachers: object[] };
    expect(teachers).toMatchObject([
      { id: 't2', name: '张强', leads: [{ id: 'c2' }], grants: [] },
      { id: 't1', name: '李红', leads: [{ id: 'c1' }], grants: [{ id, classId: 'c2', givenBy: 'principal' }] },
    ]);
    for (let i = 0; i < 2; i++) expect((await ask('principal', 'DELETE', `/grants/${id}`)).status).toBe(204);
    const { rows } = await rig.pool.query(
      'select given_by, taken_by, taken_at is not null as taken from teacher_grant',
    );
    expect(rows).toEqual([{ given_by: 'principal', taken_by: 'principal', taken: true }]);
  });

  it('never makes another’s message one’s own; the principal cancels any', async () => {
    await give({ teacherId: 't2' });
    const { id } = (await (await send('a1', { classIds: ['c1'] })).json()) as { id: string };
    expect((await ask('a2', 'POST', `/messages/${id}/cancel`)).status).toBe(404);
    expect((await ask('a2', 'GET', `/messages/${id}`)).status).toBe(404);
    expect((await ask('principal', 'POST', `/messages/${id}/cancel`)).status).toBe(202);
  });

  it('crosses no school, whatever a program writes', async () => {
    await expect(
      rig.pool.query(
        `insert into teacher_grant (school_id, teacher_id, class_id, given_by) values ('k1', 't1', 'c9', 'principal')`,
      ),
    ).rejects.toThrow(/teacher_grant_class_id_school_id_fkey/);
  });
});
