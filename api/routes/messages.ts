import { z } from 'zod';
import type { Account } from '../../infra/postgres/accounts.ts';
import { messageFate, messageFateByClass, type MessageFate } from '../../infra/postgres/messages.ts';
import { addPending, type Pending } from '../../infra/postgres/pending.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import type { Sight } from '../../infra/postgres/sight.ts';
import { findMessage, listMessages, recordMessage, type MessageRow } from '../../infra/postgres/teacher-messages.ts';
import type { PendingStarter } from '../../infra/temporal/pending-starter.ts';
import { MESSAGE_KINDS, menuOf } from '../../workflows/domain/message-kinds.ts';
import { may } from '../access.ts';
import { cursor, cursorKey, cursorOf, moment, opaqueId, pageLimit, writtenText } from '../fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { checkAudience, schoolOf, seen } from '../sight.ts';

/** A form's minute begins up to a minute before it is chosen, and a slow hand and a clock that is off take others. */
const PAST_TOLERANCE_MS = 5 * 60_000;
/** A term ahead: further is a slip of the keyboard. */
const MAX_DAYS_AHEAD = 180;

const ids = (most: number) =>
  z
    .array(opaqueId)
    .min(1, 'must name at least one')
    .max(most, `must name at most ${most}`)
    .transform((list) => [...new Set(list)])
    .meta({ override: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: most } });

const audience = z
  .strictObject({ classIds: ids(200).optional(), studentIds: ids(5_000).optional(), schoolId: opaqueId.optional() })
  .refine((given) => Object.values(given).filter((value) => value !== undefined).length === 1, {
    error: 'must have exactly one of classIds, studentIds, schoolId',
  })
  .meta({ id: 'Audience' });

const newMessage = z
  .strictObject({
    kind: z.enum(
      MESSAGE_KINDS.map(({ id }) => id),
      { error: `must be one of ${MESSAGE_KINDS.map(({ id }) => id).join(', ')}` },
    ),
    audience,
    text: writtenText(1000),
    sendAt: moment
      .refine((at) => Date.parse(at) < Date.now() + MAX_DAYS_AHEAD * 86_400_000, {
        error: `must be within ${MAX_DAYS_AHEAD} days`,
      })
      .optional()
      .meta({ description: 'Not before this time, which is to come; quiet hours wait besides.' }),
  })
  .meta({ id: 'NewMessage' });

const state = z.enum(['accepted', 'waiting', 'sending', 'sent', 'cancelled']);
const count = z.int().min(0);
const progress = z
  .object({
    id: z.uuid(),
    state,
    counts: z.object({
      queued: count,
      submitted: count,
      accepted: count,
      delivered: count,
      failed: count,
      suppressed: count,
    }),
    uncertain: count.meta({
      description: 'Of those submitted, how many the carrier may or may not have: they wait for a receipt or a person.',
    }),
    counted: z.boolean().meta({
      description:
        'False: nothing is counted. A school is told numbers for whole classes of at least five families among those written to, class by class added up, so that no number tells who pays.',
    }),
  })
  .meta({ id: 'MessageProgress' });
const listed = z
  .object({
    id: z.uuid(),
    kind: z.string(),
    text: z.string(),
    state,
    sendAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Message' });
const onlyId = z.object({ id: z.uuid() });
const pathId = z.object({ id: z.string() });

/** Teachers' messages to parents. */
export function messageRoutes({ pool, starter }: { pool: Pool; starter: PendingStarter }): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/messages',
      operationId: 'sendMessage',
      summary: 'Text the guardians of classes, students or the school',
      may: 'messages:send',
      body: newMessage,
      idempotent: true,
      replies: { 202: { description: 'Recorded; it is on its way.', schema: onlyId } },
      problems: {
        404: 'A class, student or school does not exist.',
      },
      async handle({ body, ...asked }, account, sight) {
        const { id, tenant } = await record(body, asked, account, sight);
        starter.offer([{ kind: 'message', tenant, key: id }]);
        return { status: 202, body: { id }, headers: { location: `/api/v1/messages/${id}` } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/messages',
      operationId: 'listMessages',
      summary: 'Messages, newest first: a teacher’s own, a school admin’s school’s',
      may: 'messages:list',
      query: z.strictObject({ limit: pageLimit(20, 100), cursor: cursor(cursorKey.uuid).optional() }),
      replies: {
        200: {
          description: 'A page; `next` is the cursor of the following one.',
          schema: z.object({ messages: z.array(listed), next: z.string().optional() }),
        },
      },
      async handle({ query: { limit, cursor: after } }, _account, sight) {
        const rows = await listMessages(pool, sight, after, limit + 1);
        const page = rows.slice(0, limit);
        const last = rows.length > limit ? page.at(-1) : undefined;
        const messages = page.map(({ id, kind, text, state, sendAt, createdAt }) => ({
          id,
          kind,
          text,
          state: shownState({ state }),
          sendAt,
          createdAt,
        }));
        return { status: 200, body: { messages, ...(last ? { next: cursorOf(last.createdAt, last.id) } : {}) } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/messages/:id',
      operationId: 'messageProgress',
      summary: 'How a message fares',
      may: 'messages:read',
      params: pathId,
      replies: { 200: { description: 'Texts by state.', schema: progress } },
      problems: { 404: 'No such message.' },
      async handle({ params: { id } }, account, sight) {
        const message = await find(id, sight);
        const fate = await fateOf(message, account);
        return { status: 200, body: { id, state: shownState(message, fate), ...fate } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/messages/:id/cancel',
      operationId: 'cancelMessage',
      summary: 'Keep back what has not left yet',
      may: 'messages:cancel',
      params: pathId,
      audit: ({ params: { id } }) => ({ kind: 'message', id }),
      replies: { 202: { description: 'What has not left is kept back.', schema: onlyId } },
      problems: { 404: 'No such message.', 409: 'Everything has left already.' },
      async handle({ params: { id } }, account, sight) {
        const message = await find(id, sight);
        if (shownState(message, await fateOf(message, account)) === 'sent')
          throw new Problem(409, 'Everything has left already.');
        const cancel: Pending = { kind: 'message-cancel', tenant: message.tenant, key: id };
        await addPending(pool, cancel);
        starter.offer([cancel]);
        return { status: 202, body: { id } };
      },
    }),
  ];

  async function record(
    body: z.output<typeof newMessage>,
    { requestKey, askedAt }: { requestKey: string; askedAt: Date },
    account: Account,
    sight: Sight,
  ): Promise<{ id: string; tenant: string }> {
    const school = await schoolOf(pool, sight);
    await checkAudience(pool, sight, body.audience);
    const menu = menuOf(school.kind).map(({ id }) => id);
    if (!menu.includes(body.kind)) throw Problem.field(400, 'kind', `is not on this school's menu: ${menu.join(', ')}`);
    // Asked again, what was asked in time is answered as before.
    if (body.sendAt !== undefined && Date.parse(body.sendAt) < askedAt.getTime() - PAST_TOLERANCE_MS)
      throw Problem.field(400, 'sendAt', 'is past');
    const id = await recordMessage(pool, {
      tenant: school.tenant,
      schoolId: school.id,
      accountId: account.id,
      teacherId: may(account.role, 'messages:sign') ? account.teacherId : school.answersTo,
      requestKey,
      kind: body.kind,
      audience: body.audience,
      text: body.text,
      sendAt: body.sendAt === undefined ? null : new Date(body.sendAt),
    });
    return { id, tenant: school.tenant };
  }

  /** Who may not see who pays is told numbers that don't tell it. */
  function fateOf({ id }: MessageRow, { role }: Account): Promise<MessageFate> {
    return may(role, 'payers:see') ? messageFate(pool, id) : messageFateByClass(pool, id);
  }

  async function find(id: string, sight: Sight): Promise<MessageRow> {
    return seen(sight, z.uuid().safeParse(id).success ? await findMessage(pool, id) : undefined);
  }
}

/**
 * How far a message is. Whether its texts are still leaving or gone tells of a single family whether it gets any, so
 * where they are not counted, what has begun to leave is sent.
 */
function shownState({ state }: Pick<MessageRow, 'state'>, { counted }: { counted: boolean } = { counted: false }) {
  return state === 'sending' && !counted ? 'sent' : state;
}
