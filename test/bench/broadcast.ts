import { hashPassword } from '../../infra/secrets.ts';
import { addFamilies, CLASS_ID, SCHOOL_ID } from '../support/families.ts';
import { until } from '../support/poll.ts';
import { Rig } from '../support/rig.ts';
import type { BenchResult } from './result.ts';

const RECIPIENTS = 20_000;
/** Twice what Kannel with a file store does on two cores (issue 4). */
const GOAL = 2 * 8_100;
/** Looking costs the parts under test their processor. */
const LOOK_EVERY_MS = 500;
const LOGIN = { login: 'bench', password: 'bench' };

/**
 * A message by `POST /api/v1/messages` to 20,000 parents, from the first submit to the last ACCEPTED: the second one, as
 * all but a school's first are. The first, printed beside it, meets a link that has sent nothing yet, and begins a
 * conversation for each parent.
 */
export async function benchBroadcast(): Promise<BenchResult> {
  const rig = await Rig.start({
    workers: [['core'], ['carrier']],
    load: async (pool) => {
      const everyone = { secondGuardianEvery: Infinity, unsubscribedEvery: Infinity };
      await addFamilies(pool, { families: RECIPIENTS, ...everyone });
      await pool.query(
        `insert into account (id, tenants, role, login, password_hash, school_id, teacher_id)
        values ('bench', '{gansu}', 'teacher', $1, $2, $3, 'big-t')`,
        [LOGIN.login, await hashPassword(LOGIN.password), SCHOOL_ID],
      );
    },
  });
  try {
    const { url } = await rig.startApi();
    await rig.linksAreBound();
    const first = await textsPerSecond(rig, url);
    const value = await textsPerSecond(rig, url);
    const unit = `texts/s, ${Math.round(first)} in the first`;
    return { name: 'broadcast-20k', value, unit, goal: GOAL, ok: value >= GOAL };
  } finally {
    await rig.stop();
  }
}

async function textsPerSecond(rig: Rig, api: string): Promise<number> {
  const messageId = await send(api);
  await until('all accepted', async () => (await accepted(rig, messageId)) === RECIPIENTS, 120_000, LOOK_EVERY_MS);
  return RECIPIENTS / (await seconds(rig, messageId));
}

async function send(api: string): Promise<string> {
  const session = await post(`${api}/api/v1/sessions`, LOGIN);
  const cookie = session.headers.getSetCookie()[0]!.split(';')[0]!;
  const body = { kind: 'homework', audience: { classIds: [CLASS_ID] }, text: '明天带跳绳，穿运动鞋。' };
  const response = await post(`${api}/api/v1/messages`, body, { cookie });
  return ((await response.json()) as { id: string }).id;
}

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response;
}

async function accepted(rig: Rig, messageId: string): Promise<number> {
  const { rows } = await rig.pool.query<{ count: number }>(
    `select count(*) from sms_part p join sms s on s.id = p.sms_id where s.message_id = $1 and p.state = 'ACCEPTED'`,
    [messageId],
  );
  return rows[0]!.count;
}

/** From the first claim, which a submit follows at once, to the recording of the last outcome. */
async function seconds(rig: Rig, messageId: string): Promise<number> {
  const { rows } = await rig.pool.query<{ seconds: number }>(
    `select extract(epoch from max(p.at) - (
      select min(claimed_at) from sms_batch b where (select min(id) from sms where message_id = $1) = any (b.sms_ids)
    ))::float8 as seconds
    from sms_part p join sms s on s.id = p.sms_id where s.message_id = $1`,
    [messageId],
  );
  return rows[0]!.seconds;
}
