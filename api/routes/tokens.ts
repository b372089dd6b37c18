import { z } from 'zod';
import { newToken, tokenHash } from '../../infra/secrets.ts';
import { findAccount, type Account, type AccountRole } from '../../infra/postgres/accounts.ts';
import {
  addToken,
  endToken,
  findToken,
  letRunOut,
  MOST_TOKENS,
  OVERLAP_HOURS,
  tokensOf,
  type MachineToken,
} from '../../infra/postgres/machine-tokens.ts';
import { inTransaction, type Pool } from '../../infra/postgres/pool.ts';
import { may } from '../access.ts';
import { opaqueId, writtenText } from '../fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { notKnown } from '../sight.ts';

/** A token nobody renews ends within a year; half of one, unless asked for otherwise. */
const MOST_DAYS = 366;
const USUAL_DAYS = 180;
const DAY_MS = 24 * 3_600_000;

const tokenPath = z.object({ id: z.uuid('must be a token’s id') });
const shown = z.object({
  id: z.uuid(),
  accountId: z.string(),
  name: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  current: z.boolean().meta({ description: 'The one this was asked by.' }),
});
const made = shown
  .extend({ token: z.string().meta({ description: 'Told this once: only its hash is kept.' }) })
  .meta({ id: 'NewToken' });

/** For the record of who made, renewed or ended what. */
function ofToken({ params: { id } }: { params: { id: string } }) {
  return { kind: 'token', id } as const;
}

/** Tokens of programs: each ends, is renewed before, and can be ended at once. */
export function tokenRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/tokens',
      operationId: 'listTokens',
      summary: 'Bearer tokens that live, of the own account or of one that the account looks after',
      may: 'tokens:hold',
      query: z.strictObject({ accountId: opaqueId.optional() }),
      replies: {
        200: {
          description: `At most ${MOST_TOKENS}.`,
          schema: z.object({ tokens: z.array(shown) }).meta({ id: 'Tokens' }),
        },
      },
      problems: { 404: 'No such account.' },
      async handle({ query: { accountId = '' }, credential }, account) {
        const of = accountId === '' ? account.id : await lookedAfter(account, accountId);
        const tokens = (await tokensOf(pool, of)).map((token) => view(token, credential));
        return { status: 200, body: { tokens } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/tokens',
      operationId: 'makeToken',
      summary: 'Make a bearer token for a program; it is told this once',
      may: 'tokens:hold',
      body: z
        .strictObject({
          accountId: opaqueId.optional().meta({ description: 'The own account if unset.' }),
          name: writtenText(100).meta({ description: 'Which program it is for.' }),
          days: z.int().min(1).max(MOST_DAYS).default(USUAL_DAYS),
        })
        .meta({ id: 'TokenRequest' }),
      audit: ({ body: { accountId = 'own', name: note } }) => ({ kind: 'account', id: accountId, note }),
      replies: { 201: { description: 'It is made.', schema: made } },
      problems: { 404: 'No such account.', 409: `The account has ${MOST_TOKENS} tokens that live.` },
      async handle({ body: { accountId, ...body }, credential }, account) {
        const of = accountId === undefined ? account.id : await lookedAfter(account, accountId);
        return { status: 201, body: await make({ ...body, accountId: of }, account, credential) };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/tokens/:id/renewal',
      operationId: 'renewToken',
      summary: `Follow a token by a new one that lives as long; the old one has ${OVERLAP_HOURS} hours left`,
      may: 'tokens:hold',
      params: tokenPath,
      audit: ofToken,
      replies: { 201: { description: 'The new token.', schema: made } },
      problems: { 404: 'No such token.', 409: `The account has ${MOST_TOKENS} tokens that live.` },
      async handle({ params: { id }, credential }, account) {
        const { accountId, name, createdAt, expiresAt } = await own(account, id);
        const days = Math.max(1, Math.round((expiresAt.getTime() - createdAt.getTime()) / DAY_MS));
        return { status: 201, body: await make({ accountId, name, days }, account, credential, id) };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/tokens/:id',
      operationId: 'endToken',
      summary: 'End a token at once',
      may: 'tokens:hold',
      params: tokenPath,
      audit: ofToken,
      replies: { 204: { description: 'It opens nothing any more.', schema: null } },
      problems: { 404: 'No such token.' },
      async handle({ params: { id } }, account) {
        await own(account, id);
        await endToken(pool, id);
        return { status: 204 };
      },
    }),
  ];

  /** @param follows the token that runs out when this one is made */
  async function make(
    token: { accountId: string; name: string; days: number },
    account: Account,
    credential: string,
    follows?: string,
  ) {
    const secret = newToken();
    const added = await inTransaction(pool, async (db) => {
      if (follows !== undefined) await letRunOut(db, follows);
      const kept = await addToken(db, { ...token, tokenHash: tokenHash(secret), createdBy: account.id });
      if (!kept) throw new Problem(409, `The account has ${MOST_TOKENS} tokens that live; end one of them.`);
      return kept;
    });
    return { ...view(added, credential), token: secret };
  }

  async function lookedAfter(account: Account, id: string): Promise<string> {
    const found = await findAccount(pool, id);
    if (!found || found.closedAt || !maySee(account, found)) throw notKnown('accountId');
    return id;
  }

  async function own(account: Account, id: string): Promise<MachineToken> {
    const token = await findToken(pool, id);
    const holder = token && (await findAccount(pool, token.accountId));
    if (!holder || !maySee(account, holder)) throw notKnown('id');
    return token;
  }
}

/** Everybody the own ones; a carrier's admin and ops those of programs that see no more than they do. */
function maySee(account: Account, holder: { id: string; role: AccountRole; tenants: string[] }): boolean {
  if (holder.id === account.id) return true;
  if (!may(account.role, 'tokens:look-after')) return false;
  const within = holder.tenants.every((tenant) => account.tenants.includes(tenant));
  return within && may(holder.role, 'tokens:hold') && (account.role === 'ops' || holder.role !== 'ops');
}

function view({ createdAt, expiresAt, tokenHash: hash, ...token }: MachineToken, credential: string) {
  const times = { createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
  return { ...token, ...times, current: hash === credential };
}
