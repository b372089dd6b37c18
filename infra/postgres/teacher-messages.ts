import type { Audience } from './audience.ts';
import type { Db } from './pool.ts';
import type { Sight } from './sight.ts';
import type { MessageState } from '../../workflows/contracts.ts';

/** A message as a teacher asks for it. */
export interface NewMessage {
  tenant: string;
  schoolId: string;
  accountId: string;
  /** Who gets the answers; null: the homeroom teacher of each family's child. */
  teacherId: string | null;
  /** The same key of the same account is the same message. */
  requestKey: string;
  kind: string;
  audience: Audience;
  text: string;
  sendAt: Date | null;
}

/** What the API shows of a message. */
export interface MessageRow {
  id: string;
  tenant: string;
  schoolId: string;
  accountId: string;
  kind: string;
  text: string;
  state: MessageState;
  sendAt: Date | null;
  /** ISO time to the microsecond: a place in the list. */
  createdAt: string;
}

const COLUMNS = `id, tenant, school_id as "schoolId", account_id as "accountId", kind, text, state,
  send_at as "sendAt", to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "createdAt"`;

/** Records a message once per account and key, and returns its id. */
export async function recordMessage(db: Db, message: NewMessage): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `insert into message (tenant, school_id, account_id, teacher_id, request_key, kind, audience, text, send_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (account_id, request_key) do nothing returning id`,
    [
      message.tenant,
      message.schoolId,
      message.accountId,
      message.teacherId,
      message.requestKey,
      message.kind,
      JSON.stringify(message.audience),
      message.text,
      message.sendAt,
    ],
  );
  return rows[0]?.id ?? (await messageOf(db, message));
}

async function messageOf(db: Db, { accountId, requestKey }: NewMessage): Promise<string> {
  const { rows } = await db.query<{ id: string }>('select id from message where account_id = $1 and request_key = $2', [
    accountId,
    requestKey,
  ]);
  return rows[0]!.id;
}

/** The message, if there is one. */
export async function findMessage(db: Db, id: string): Promise<MessageRow | undefined> {
  const { rows } = await db.query<MessageRow>(`select ${COLUMNS} from message where id = $1`, [id]);
  return rows[0];
}

/** A page of a school's messages within the sight, newest first; `after` is the place of the last one seen. */
export async function listMessages(
  db: Db,
  { schoolId, accountId }: Sight,
  after: [string, string] | undefined,
  limit: number,
): Promise<MessageRow[]> {
  const { rows } = await db.query<MessageRow>(
    `select ${COLUMNS} from message
    where school_id = $1 and ($2::text is null or account_id = $2)
      and ($3::timestamptz is null or (created_at, id) < ($3::timestamptz, $4::uuid))
    order by created_at desc, id desc limit $5`,
    [schoolId, accountId, after?.[0] ?? null, after?.[1] ?? null, limit],
  );
  return rows;
}
