import type { AccountRole } from '../../infra/postgres/accounts.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { giveToken, insertRoster } from './api.ts';
import { aText } from './carrier-link.ts';
import { loseTexts } from './uncertain.ts';

/** Accounts of gansu, and of its school g1 where they are a school's: their ids are their tokens. */
export const WHO: Record<AccountRole, string> = {
  teacher: 'teacher',
  'school-admin': 'admin',
  parent: 'parent',
  agent: 'agent',
  'customer-service': 'csGansu',
  'carrier-admin': 'boss',
  ops: 'opsGansu',
};

/** Of each kind of thing: one that is in everybody's sight, those of others by whose they are, and one that is nobody's. */
export interface Things {
  own: string;
  /** Of the same school, but another class or teacher. */
  colleagues: string[];
  /** Of another school of the carrier. */
  schools: string[];
  /** Of another carrier. */
  carriers: string[];
  unknown: string;
}

export type Kind =
  | ('message' | 'trial' | 'class' | 'student' | 'school' | 'phone' | 'tenant' | 'charge' | 'file' | 'text')
  | ('teacher' | 'grant' | 'account' | 'token' | 'session');

const messageId = (n: number) => `${String(n).repeat(8)}-1111-4111-8111-111111111111`;

/** The roster of insertRoster with a second class and teacher of g1, and of each thing one for every place. */
export async function accessWorld(pool: Pool): Promise<Record<Kind, Things>> {
  await insertRoster(pool);
  await pool.query(`
    insert into teacher (id, tenant, school_id, name, phone) values ('tg1b', 'gansu', 'g1', '周老师', '13800000011');
    insert into class (id, tenant, school_id, name, homeroom_teacher_id) values ('g1c2', 'gansu', 'g1', '二班', 'tg1b');
    insert into household (id, tenant) values ('h5', 'gansu'), ('h6', 'shanxi');
    insert into guardian (id, tenant, household_id, name, phone) values
      ('gu5', 'gansu', 'h5', '孙父', '13900000005'), ('gu6', 'shanxi', 'h6', '钱母', '13900000006');
    insert into student (id, tenant, school_id, class_id, household_id, name) values
      ('w', 'gansu', 'g1', 'g1c2', 'h5', '孙一'), ('r', 'shanxi', 's1', 's1c1', 'h6', '钱二');
    insert into guardianship (student_id, guardian_id) values ('w', 'gu5'), ('r', 'gu6');
    insert into account (id, login, tenants, role) values
      ('boss', 'boss', '{gansu}', 'carrier-admin'), ('opsGansu', 'opsGansu', '{gansu}', 'ops'),
      ('spare', 'spare', '{gansu}', 'agent');
    insert into session (token_hash, account_id, expires_at) values ('of cs', 'cs', now() + interval '1 hour');
    insert into account (id, login, tenants, role, school_id, teacher_id)
      values ('colleague', 'colleague', '{gansu}', 'teacher', 'g1', 'tg1b'), ('head2', 'head2', '{gansu}', 'school-admin', 'g2', null);
    insert into message (id, tenant, school_id, account_id, teacher_id, request_key, kind, audience, text) values
      ('${messageId(1)}', 'gansu', 'g1', 'teacher', 'tg1', 'k', 'homework', '{"classIds":["g1c1"]}', 'x'),
      ('${messageId(2)}', 'gansu', 'g1', 'colleague', 'tg1b', 'k', 'homework', '{"classIds":["g1c2"]}', 'x'),
      ('${messageId(3)}', 'gansu', 'g2', 'teacher2', 'tg2', 'k', 'notice', '{"classIds":["g2c1"]}', 'x'),
      ('${messageId(4)}', 'shanxi', 's1', 'teacher3', 'ts1', 'k', 'homework', '{"classIds":["s1c1"]}', 'x');
    insert into trial (id, tenant, class_id, round, message_id, profile_version, package, answer_days, started_at, ends_at, services)
      select c.id, c.tenant, c.id, 1, m.id, 'v', 'home-school', 7, now() - interval '1 day', now() + interval '29 days', '{home-school}'
      from class c join message m on m.audience -> 'classIds' ? c.id;
    insert into teacher_grant (school_id, teacher_id, class_id, given_by)
      values ('g1', 'tg1b', 'g1c1', 'admin'), ('g2', 'tg2', null, 'head2');
    insert into subscription_event (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at, received_at)
      values ('gansu', 'h1', 'r1', 'order', 'home-school', 'sms', 'gu1', 'gu1', '2026-02-03', '2026-02-03'),
        ('shanxi', 'gu6', 'r6', 'order', 'home-school', 'sms', 'gu6', 'gu6', '2026-02-03', '2026-02-03');
    insert into charge (tenant, unit, month, kind, payer_guardian_id, package, fen, rule, profile_version, decided_at, reason, inputs, workflow_id, consent_event_id)
      select tenant, unit, '2026-03-01', 'fee', payer_guardian_id, package, 800, 'R4', 'v', now(), 'monthly',
        jsonb_build_object('events', jsonb_build_array(id)), 'billing/' || tenant || '/2026-03', id
      from subscription_event order by tenant;
    insert into billing_run (tenant, month, workflow_id) values
      ('gansu', '2026-03-01', 'billing/gansu/2026-03'), ('shanxi', '2026-03-01', 'billing/shanxi/2026-03');
    insert into charge_file (tenant, month, lines, fen) values ('gansu', '2026-03-01', 0, 0), ('shanxi', '2026-03-01', 0, 0);
  `);
  for (const id of Object.values(WHO)) await giveToken(pool, id, id);
  const idOf = async (sql: string) => (await pool.query<{ id: string }>(sql)).rows[0]!.id;
  const [ownText, otherText] = (await loseTexts(pool, [aText({}), aText({ tenant: 'shanxi' })])).map(String);
  const thing = (own: string, colleagues: string[], schools: string[], carriers: string[], unknown: string) => ({
    ...{ own, colleagues, schools, carriers, unknown },
  });
  const [a, b, c, d] = [1, 2, 3, 4].map(messageId) as [string, string, string, string];
  return {
    message: thing(a, [b], [c], [d], messageId(9)),
    trial: thing('g1c1', ['g1c2'], ['g2c1'], ['s1c1'], 'none'),
    class: thing('g1c1', ['g1c2'], ['g2c1'], ['s1c1'], 'none'),
    student: thing('x', ['w'], ['z'], ['q'], 'none'),
    school: thing('g1', [], ['g2'], ['s1'], 'none'),
    phone: thing('13900000001', ['13900000005'], ['13900000002'], ['13900000006'], '13999999999'),
    tenant: thing('gansu', [], [], ['shanxi'], 'mars'),
    charge: thing('1', [], [], ['2'], '99'),
    file: thing('gansu/files/1', [], [], ['gansu/files/2'], 'gansu/files/99'),
    text: thing(ownText!, [], [], [otherText!], '99'),
    teacher: thing('tg1', [], ['tg2'], ['ts1'], 'none'),
    grant: thing('1', [], ['2'], [], '99'),
    account: thing('spare', [], [], ['teacher3', 'cs'], 'none'),
    token: thing(
      messageId(8),
      [],
      [],
      [await idOf(`select id from machine_token where account_id = 'cs'`)],
      messageId(9),
    ),
    session: thing(messageId(8), [], [], [await idOf(`select id from session where account_id = 'cs'`)], messageId(9)),
  };
}
