import { z } from 'zod';
import type { Account } from '../../infra/postgres/accounts.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import {
  DECISIONS,
  decideUncertain,
  listUncertain,
  textNow,
  type DecisionKind,
  type TextNow,
  type UncertainRow,
} from '../../infra/postgres/uncertain.ts';
import {
  cursor,
  cursorKey,
  cursorOf,
  maskedPhone,
  opaqueId,
  pageLimit,
  pastMoment,
  rowId,
  writtenText,
} from '../fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { checkTenant, notKnown } from '../sight.ts';
import { workflowLink, type TemporalUi } from '../workflow-link.ts';

/** A broadcast's worth of texts; more than one link's window is lost only when many links break. */
const DECIDED_AT_MOST = 10_000;

const decisionFields = {
  as: z.enum(DECISIONS, { error: `must be one of ${DECISIONS.join(', ')}` }).meta({
    description:
      'resend: send it once more, it may arrive twice; delivered: it is known to have arrived; given-up: it counts as failed.',
  }),
  note: writtenText(500).meta({ description: 'What the decision rests on.' }),
};
const decision = z.strictObject(decisionFields).meta({ id: 'UncertainDecision' });
const decisions = z
  .strictObject({
    tenant: opaqueId,
    messageId: z.uuid().optional(),
    before: pastMoment.optional().meta({ description: 'Only texts that were uncertain before this time.' }),
    ...decisionFields,
    limit: z.int().min(1).max(DECIDED_AT_MOST).default(DECIDED_AT_MOST),
  })
  .refine(({ messageId, before }) => messageId !== undefined || before !== undefined, {
    // Whoever decides says up to where they have looked.
    error: 'is required where messageId is not given',
    path: ['before'],
  })
  .meta({ id: 'UncertainDecisions' });

const count = z.int().min(0);
const possibleDuplicates = count.meta({ description: 'Texts sent once more: as many may arrive twice.' });
const list = z
  .object({
    texts: z.array(
      z.object({
        id: z.int(),
        tenant: z.string(),
        kind: z.string(),
        messageId: z.uuid().optional(),
        parts: count,
        uncertainParts: count,
        since: z.string(),
        reason: z.string(),
        expired: z.boolean().meta({ description: 'Of no use any more: it cannot be sent again.' }),
        phone: z.string().meta({ description: 'Masked.', example: '139****0001' }),
        workflow: z.object({ id: z.string(), url: z.string().optional() }),
        receipts: z
          .array(z.object({ at: z.string(), state: z.string(), error: z.string().optional() }))
          .meta({ description: 'Receipts that may be its: they name no text that is known, and came to its phone.' }),
      }),
    ),
    next: z.string().optional(),
    total: count,
  })
  .meta({ id: 'UncertainTexts' });

/** The operator's list: texts that a carrier may or may not have, and what a person decides about them. */
export function uncertainRoutes({ pool, ui }: { pool: Pool; ui: TemporalUi }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/uncertain',
      operationId: 'listUncertain',
      summary: 'Texts that the carrier may or may not have, the longest waiting first',
      may: 'uncertain:decide',
      query: z.strictObject({
        tenant: opaqueId.optional(),
        messageId: z.uuid().optional(),
        limit: pageLimit(50, 500),
        cursor: cursor(cursorKey.row).optional(),
      }),
      audit: ({ query }) => ({ carrier: query.tenant }),
      problems: { 404: 'No such carrier of yours.' },
      replies: { 200: { description: 'A page; `next` is the cursor of the following one.', schema: list } },
      async handle({ query: { tenant, messageId, limit, cursor: after } }, account) {
        const scope = { tenants: tenantsOf(account, tenant), messageId };
        const { rows, total } = await listUncertain(pool, scope, after, limit + 1);
        const page = rows.slice(0, limit);
        const last = rows.length > limit ? page.at(-1) : undefined;
        const next = last ? { next: cursorOf(last.since, String(last.id)) } : {};
        return { status: 200, body: { texts: page.map((row) => shown(row, ui)), ...next, total } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/uncertain/:id/decision',
      operationId: 'decideUncertain',
      summary: 'Decide what becomes of a text that the carrier may or may not have',
      may: 'uncertain:decide',
      params: z.object({ id: rowId }),
      body: decision,
      idempotent: true,
      audit: ({ params: { id } }) => ({ kind: 'text', id: String(id) }),
      replies: {
        200: {
          description: 'Decided.',
          schema: z.object({
            id: z.int(),
            as: z.enum(DECISIONS),
            attempt: z.int(),
            at: z.string(),
            possibleDuplicates,
          }),
        },
      },
      problems: {
        404: 'There is no such text in your carriers.',
        409: 'It is not uncertain any more, is decided already, or is too old to be sent again.',
      },
      async handle({ params: { id }, body, requestKey }, account) {
        const text = await textNow(pool, id);
        if (!text || !account.tenants.includes(text.tenant)) throw notKnown('id');
        const scope = { tenants: account.tenants, id };
        const decision = { ...body, accountId: account.id, requestKey };
        const { decided, attempt, at } = await decideUncertain(pool, scope, decision, 1);
        if (decided === 0) throw new Problem(409, whyNot((await textNow(pool, id)) ?? text, body.as));
        const answer = { id, as: body.as, attempt: attempt!, at: at!.toISOString() };
        return { status: 200, body: { ...answer, possibleDuplicates: body.as === 'resend' ? decided : 0 } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/uncertain/decisions',
      operationId: 'decideManyUncertain',
      summary: 'Decide the same of many: of a message, or of all that are uncertain since before a time',
      may: 'uncertain:decide',
      body: decisions,
      idempotent: true,
      audit: ({ body }) => ({ carrier: body.tenant }),
      replies: {
        200: {
          description: 'How many were decided, the longest waiting first, and how many of the kind are left.',
          schema: z.object({ decided: count, possibleDuplicates, left: count }),
        },
      },
      problems: { 404: 'No such carrier of yours.' },
      async handle({ body: { tenant, messageId, before, limit, ...body }, requestKey }, account) {
        const until = before === undefined ? undefined : new Date(before);
        const scope = { tenants: tenantsOf(account, tenant), messageId, before: until };
        const decision = { ...body, accountId: account.id, requestKey };
        const { decided } = await decideUncertain(pool, scope, decision, limit);
        const { total } = await listUncertain(pool, scope, undefined, 0);
        return {
          status: 200,
          body: { decided, possibleDuplicates: body.as === 'resend' ? decided : 0, left: total },
        };
      },
    }),
  ];
}

function tenantsOf(account: Account, tenant: string | undefined): string[] {
  if (tenant === undefined) return account.tenants;
  checkTenant(account, tenant);
  return [tenant];
}

function shown({ messageId, phone, reason, workflowId, ...row }: UncertainRow, ui: TemporalUi) {
  return {
    id: row.id,
    tenant: row.tenant,
    kind: row.kind,
    ...(messageId === null ? {} : { messageId }),
    parts: row.parts,
    uncertainParts: row.uncertainParts,
    since: row.since,
    reason: reason ?? '',
    expired: row.expired,
    phone: maskedPhone(phone),
    workflow: workflowLink(ui, workflowId),
    receipts: row.receipts.map(({ error, ...receipt }) => ({ ...receipt, ...(error === null ? {} : { error }) })),
  };
}

/** Why a text can't be decided so, as it is now. */
function whyNot({ state, decided, expired }: TextNow, as: DecisionKind): string {
  if (decided !== null) return `It was decided already: ${decided}. It is ${state} now.`;
  if (state !== 'UNCERTAIN') return `It is not uncertain any more: it is ${state}.`;
  if (as === 'resend' && expired) return 'It is of no use any more and is not sent again.';
  return 'It is on its way once more; what becomes of it will show.';
}
