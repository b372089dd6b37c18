import type { BrokerAccount } from '../../infra/embedded/broker.ts';
import type { Pool } from '../../infra/postgres/pool.ts';

/** A large school of gansu: families by number, from 1. */
export interface FamiliesOptions {
  families: number;
  /** Every so-many-th family has a second guardian, or is not subscribed. Never: Infinity. */
  secondGuardianEvery: number;
  unsubscribedEvery: number;
}

/** A reader of that school. */
export interface FamiliesReader {
  deviceId: string;
  shard: string;
  key: string;
}

export const TENANT = 'gansu';
export const SCHOOL_ID = 'big';
export const CLASS_ID = 'big-c';

/** Four gates on two shards. */
export const READERS: readonly FamiliesReader[] = [1, 2, 3, 4].map((n) => ({
  deviceId: `big-gate-${n}`,
  shard: String(((n - 1) % 2) + 1),
  key: `key of gate ${n}`,
}));

/** What they may do at the broker. */
export const READER_ACCOUNTS: readonly BrokerAccount[] = READERS.map(({ deviceId, shard }) => ({
  ...{ role: 'reader', username: deviceId, password: deviceId, tenant: TENANT, shard },
}));

/** The card of the child of a family. */
export const cardOf = (family: number) => family.toString(16).toUpperCase().padStart(8, '0');

/** The phones of a family that get its child's swipes. */
export function entitledPhones(family: number, { secondGuardianEvery, unsubscribedEvery }: FamiliesOptions): string[] {
  if (family % unsubscribedEvery === 0) return [];
  const number = String(family).padStart(6, '0');
  return family % secondGuardianEvery === 0 ? [`13900${number}`, `13800${number}`] : [`13900${number}`];
}

/** Loads the school, one child a family, all in one class; without quiet hours. */
export async function addFamilies(pool: Pool, options: FamiliesOptions): Promise<void> {
  const { families, secondGuardianEvery, unsubscribedEvery } = options;
  const modulus = (every: number) => (Number.isFinite(every) ? every : families + 1);
  await pool.query(`
    insert into school (id, tenant, name, kind, quiet_from, quiet_until)
      values ('${SCHOOL_ID}', '${TENANT}', '大河小学', 'primary', null, null);
    insert into teacher (id, tenant, school_id, name, phone)
      values ('big-t', '${TENANT}', '${SCHOOL_ID}', '李红', '13700000001');
    insert into class (id, tenant, school_id, name, homeroom_teacher_id)
      values ('${CLASS_ID}', '${TENANT}', '${SCHOOL_ID}', '一年级1班', 'big-t');`);
  await pool.query(
    `with n as (select generate_series(1, $1::integer) as n),
    h as (insert into household (id, tenant) select 'bh' || n, $2 from n),
    g as (insert into guardian (id, tenant, household_id, name, phone)
      select 'bg' || n, $2, 'bh' || n, '家长', '13900' || lpad(n::text, 6, '0') from n
      union all select 'bf' || n, $2, 'bh' || n, '家长', '13800' || lpad(n::text, 6, '0') from n where n % $3 = 0),
    s as (insert into student (id, tenant, school_id, class_id, household_id, name)
      select 'bs' || n, $2, $4, $5, 'bh' || n, '学生' || n from n),
    k as (insert into guardianship (guardian_id, student_id)
      select 'bg' || n, 'bs' || n from n union all select 'bf' || n, 'bs' || n from n where n % $3 = 0),
    c as (insert into card (school_id, number, student_id)
      select $4, lpad(upper(to_hex(n)), 8, '0'), 'bs' || n from n),
    e as (insert into subscription_event (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at,
        received_at)
      select $2, 'bh' || n, 'family-' || n, 'order', 'home-school', 'sms', 'bg' || n, 'bg' || n, at, at
      from n, (select timestamptz '2025-08-25T10:00:00+08:00' as at) ordered where n % $6 <> 0)
    insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
    select $2, 'bh' || n, 'bg' || n, 'home-school', '{home-school,safety-sms,family-phone}', 'active', now()
    from n where n % $6 <> 0`,
    [families, TENANT, modulus(secondGuardianEvery), SCHOOL_ID, CLASS_ID, modulus(unsubscribedEvery)],
  );
  await pool.query(
    `insert into reader (device_id, tenant, school_id, shard, key)
    select device_id, $1, $2, shard, key from unnest($3::text[], $4::text[], $5::text[]) r (device_id, shard, key)`,
    [TENANT, SCHOOL_ID, READERS.map((r) => r.deviceId), READERS.map((r) => r.shard), READERS.map((r) => r.key)],
  );
  await pool.query('analyze');
}
