import { randomUUID } from 'node:crypto';
import { storeUpload } from '../../infra/postgres/billing-results.ts';
import type { Db } from '../../infra/postgres/pool.ts';
import { exactYuan } from '../../workflows/domain/charge-file.ts';

/** Opaque ids of the nth family: sorted as the numbers are. */
const id = (tenant: string, family: number) => `${tenant}-${String(family).padStart(4, '0')}`;
const guardian = (tenant: string, family: number) => `g-${id(tenant, family)}`;

/** Families of one school: a household, a guardian and a student each. Families 0 to `count` - 1. */
export async function addFamilies(db: Db, tenant: string, count: number): Promise<void> {
  await db.query(`insert into school (id, tenant, name, kind) values ($1, $2, '第一小学', 'primary')`, [`s-${tenant}`, tenant]); // prettier-ignore
  await db.query(`insert into teacher (id, tenant, school_id, name, phone) values ($1, $2, $3, '老师', '13800000000')`, [`t-${tenant}`, tenant, `s-${tenant}`]); // prettier-ignore
  await db.query(`insert into class (id, tenant, school_id, name, homeroom_teacher_id) values ($1, $2, $3, '一班', $4)`, [`c-${tenant}`, tenant, `s-${tenant}`, `t-${tenant}`]); // prettier-ignore
  for (let family = 0; family < count; family++) {
    const [household, payer, student] = ['h', 'g', 'st'].map((kind) => `${kind}-${id(tenant, family)}`);
    const phone = `139${String(family).padStart(8, '0')}`;
    await db.query('insert into household (id, tenant) values ($1, $2)', [household, tenant]);
    await db.query(`insert into guardian (id, tenant, household_id, name, phone) values ($1, $2, $3, '家长', $4)`, [payer, tenant, household, phone]); // prettier-ignore
    await db.query(
      `insert into student (id, tenant, school_id, class_id, household_id, name) values ($1, $2, $3, $4, $5, '学生')`,
      [student, tenant, `s-${tenant}`, `c-${tenant}`, household],
    );
    await db.query('insert into guardianship (student_id, guardian_id) values ($1, $2)', [student, payer]);
  }
}

/** The family's billing unit: household in gansu, payer in shanxi. */
export function unitOf(tenant: string, family: number): string {
  return tenant === 'gansu' ? `h-${id(tenant, family)}` : guardian(tenant, family);
}

/** An order by text, as the subscription's activity records it. */
export function order(db: Db, tenant: string, family: number, at: string, name = 'home-school'): Promise<void> {
  return record(db, tenant, family, 'order', name, at, at);
}

/** A cancel by text; `receivedAt` is when we learnt of it. */
export function cancel(db: Db, tenant: string, family: number, at: string, receivedAt = at): Promise<void> {
  return record(db, tenant, family, 'cancel', 'home-school', at, receivedAt);
}

async function record(db: Db, tenant: string, family: number, type: string, name: string, at: string, late: string) {
  const [unit, payer] = [unitOf(tenant, family), guardian(tenant, family)];
  await db.query(
    `insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
    values ($1, $2, $3, $4, '{home-school}', $5, $6)
    on conflict (tenant, unit) do update set state = excluded.state, since = excluded.since`,
    [tenant, unit, payer, name, type === 'order' ? 'active' : 'cancelled', at],
  );
  await db.query(
    `insert into subscription_event (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at,
      received_at) values ($1, $2, $3, $4, $5, 'sms', $6, $6, $7, $8)`,
    [tenant, unit, randomUUID(), type, name, payer, at, late],
  );
}

/** The month's ledger in order of families. */
export async function ledgerOf(db: Db, { tenant, month }: { tenant: string; month: string }) {
  const { rows } = await db.query<{ family: number; kind: string; fen: number; rule: string }>(
    `select right(unit, 4)::integer as family, kind, fen, rule from charge
    where tenant = $1 and month = $2::date order by unit, kind, id`,
    [tenant, `${month}-01`],
  );
  return rows;
}

/** The carrier's answer to a charge file, with these results in order of lines. */
export async function resultsFor(db: Db, fileId: number, results: string[]): Promise<string> {
  const { rows } = await db.query<{ line: number; phone: string; fen: number }>(
    'select line, phone, fen from charge_file_line where file_id = $1 order by line',
    [fileId],
  );
  const lines = rows.map(({ line, phone, fen }, i) => `${line},${phone},${exactYuan(fen)},${results[i] ?? '成功'},`);
  const collected = rows.filter((_, i) => (results[i] ?? '成功') === '成功').reduce((sum, { fen }) => sum + fen, 0);
  return ['行号,付费手机号,标准,结果,说明', ...lines, `合计,${rows.length},${exactYuan(collected)}`].join('\r\n');
}

/** Uploads a results file under a key of its own. */
export async function upload(db: Db, fileId: number, body: string, tenant = 'gansu'): Promise<string> {
  return storeUpload(db, { tenant, fileId, accountId: 'test', requestKey: randomUUID(), body });
}
