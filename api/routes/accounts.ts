import { z } from 'zod';
import {
  ACCOUNT_ROLES,
  closeAccount,
  findAccount,
  listAccounts,
  type Account,
  type ListedAccount,
} from '../../infra/postgres/accounts.ts';
import { endTokens } from '../../infra/postgres/machine-tokens.ts';
import { inTransaction, type Pool } from '../../infra/postgres/pool.ts';
import { endSessions, forgetDevices } from '../../infra/postgres/sessions.ts';
import { opaqueId, pageLimit, writtenText } from '../fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { notKnown } from '../sight.ts';

const shown = z.object({
  id: z.string(),
  login: z.string(),
  role: z.enum(ACCOUNT_ROLES),
  tenants: z.array(z.string()),
  schoolId: z.string().nullable(),
  closedAt: z.iso.datetime().nullable(),
});

/** Who has a login, and ending that. */
export function accountRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/accounts',
      operationId: 'listAccounts',
      summary: 'Accounts of the own carriers alone, by their logins',
      may: 'accounts:close',
      query: z.strictObject({
        search: writtenText(100).optional().meta({ description: 'Part of the login, or the id.' }),
        after: writtenText(100).optional().meta({ description: '`next` of the page before.' }),
        limit: pageLimit(50, 200),
      }),
      audit: () => ({ carrier: undefined }),
      replies: {
        200: {
          description: 'A page; `next` is the following one’s `after`.',
          schema: z.object({ accounts: z.array(shown), next: z.string().optional() }).meta({ id: 'Accounts' }),
        },
      },
      async handle({ query: { search = '', after = '', limit } }, { tenants }) {
        const found = await listAccounts(pool, { tenants, search, after, limit: limit + 1 });
        const page = found.slice(0, limit);
        const next = found.length > limit ? { next: page.at(-1)!.login } : {};
        return { status: 200, body: { accounts: page.map(view), ...next } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/accounts/:id/closing',
      operationId: 'closeAccount',
      summary: 'Close an account: its sessions and tokens end, and nobody signs in to it any more',
      may: 'accounts:close',
      params: z.object({ id: opaqueId }),
      body: z.strictObject({ reason: writtenText(200) }).meta({ id: 'AccountClosing' }),
      audit: ({ params: { id }, body: { reason: note } }) => ({ kind: 'account', id, note }),
      replies: { 200: { description: 'It is closed.', schema: shown.meta({ id: 'Account' }) } },
      problems: { 404: 'No such account.', 409: 'It is the own account: somebody else has to close it.' },
      async handle({ params: { id } }, account) {
        const found = await findAccount(pool, id);
        if (!found || !mayClose(account, found)) throw notKnown('id');
        if (id === account.id) throw new Problem(409, 'It is your own account: somebody else has to close it.');
        await inTransaction(pool, async (db) => {
          await closeAccount(db, id);
          await endSessions(db, id);
          await endTokens(db, id);
          await forgetDevices(db, id);
        });
        return { status: 200, body: view((await findAccount(pool, id))!) };
      },
    }),
  ];
}

/** Accounts that see no more than one's own; those of ops, who see the platform, by ops alone. */
function mayClose({ role, tenants }: Account, account: ListedAccount): boolean {
  return account.tenants.every((tenant) => tenants.includes(tenant)) && (role === 'ops' || account.role !== 'ops');
}

function view({ closedAt, ...account }: ListedAccount) {
  return { ...account, closedAt: closedAt?.toISOString() ?? null };
}
