import { z } from 'zod';
import { ACCOUNT_ROLES, type AccountRole } from '../../infra/postgres/accounts.ts';
import { listDeeds, subjectsOfPhone, unusualLooks, type AuditRow } from '../../infra/postgres/audit.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import {
  cursor,
  cursorKey,
  cursorOf,
  inOrder,
  maskedPhone,
  opaqueId,
  pageLimit,
  phone,
  queryMoment,
} from '../fields.ts';
import { route, type Route } from '../route.ts';

/** In a day: a hundred calls are a full shift of 10086, and three of their phones mistyped. */
const USUAL = { people: 300, unknown: 20 };

const who = z.object({ id: z.string(), login: z.string().meta({ description: 'A phone is masked.' }), role: z.enum(ACCOUNT_ROLES) }); // prettier-ignore
const entries = z
  .object({
    entries: z.array(
      z.object({
        at: z.iso.datetime({ precision: 6 }),
        account: who,
        action: z.string().meta({ description: 'The operationId of what was asked.' }),
        isChange: z.boolean(),
        subject: z.object({ kind: z.string(), id: z.string() }),
        reason: z.string(),
        note: z.string().optional(),
      }),
    ),
    next: z.string().optional(),
  })
  .meta({ id: 'Audit' });
const unusual = z
  .object({
    accounts: z.array(
      z.object({
        account: who,
        people: z.int().meta({ description: 'Families and teachers looked at.' }),
        unknown: z.int().meta({ description: 'Phones tried that are nobody’s.' }),
        unstated: z.int().meta({ description: 'Looks without a reason.' }),
      }),
    ),
  })
  .meta({ id: 'UnusualLooks' });

/** Who looked at or changed whom, when and why, for the carrier's admins. */
export function auditRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/audit',
      operationId: 'listAudit',
      summary: 'Who looked at or changed whom, when and why, the newest first; of a phone, or of an account',
      may: 'audit:read',
      query: z
        .strictObject({
          phone: phone.optional(),
          account: opaqueId.optional().meta({ description: 'Who looked.' }),
          from: queryMoment('First moment.'),
          to: queryMoment('Exclusive end.'),
          limit: pageLimit(100, 500),
          cursor: cursor(cursorKey.row).optional(),
        })
        .refine(...inOrder),
      audit: ({ query }) => (query.phone === undefined ? { carrier: undefined } : { phone: query.phone }),
      replies: { 200: { description: 'A page; `next` is the cursor of the following one.', schema: entries } },
      async handle({ query: { phone: of, account = null, from, to, limit, cursor: after } }, { tenants }) {
        const subjects = of === undefined ? null : await subjectsOfPhone(pool, tenants, of);
        const time = (at: string | undefined) => (at === undefined ? null : new Date(at));
        const within = { tenants, account, subjects, from: time(from), to: time(to) };
        const rows = await listDeeds(pool, { ...within, after, limit: limit + 1 });
        const page = rows.slice(0, limit);
        const last = rows.length > limit ? page.at(-1) : undefined;
        const next = last ? { next: cursorOf(last.at, String(last.id)) } : {};
        return { status: 200, body: { entries: page.map(shown), ...next } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/audit/unusual',
      operationId: 'listUnusualLooks',
      summary: 'Accounts that looked at more than is usual within a day, or tried phones that are nobody’s',
      may: 'audit:read',
      replies: { 200: { description: 'A hundred at most.', schema: unusual } },
      async handle(_call, { tenants }) {
        const found = await unusualLooks(pool, tenants, USUAL);
        const accounts = found.map(({ accountId: id, login, role, ...counts }) => ({
          account: accountOf(id, login, role),
          ...counts,
        }));
        return { status: 200, body: { accounts } };
      },
    }),
  ];
}

function shown({ at, accountId: id, login, role, action, isChange, kind, subject, reason, note }: AuditRow) {
  return {
    ...{ at, account: accountOf(id, login, role), action, isChange },
    ...{ subject: { kind, id: subject }, reason, ...(note === null ? {} : { note }) },
  };
}

/** A parent signs in with the phone. */
function accountOf(id: string, login: string, role: AccountRole) {
  return { id, role, login: role === 'parent' ? maskedPhone(login) : login };
}
