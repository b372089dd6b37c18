import { z } from 'zod';
import { passwordHashOf, setPassword } from '../../infra/postgres/accounts.ts';
import { inTransaction, type Pool } from '../../infra/postgres/pool.ts';
import { endSession, endSessions, forgetDevices, sessionsOf } from '../../infra/postgres/sessions.ts';
import { setSessionCookie } from '../auth.ts';
import { writtenText } from '../fields.ts';
import type { Passwords } from '../passwords.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { notKnown } from '../sight.ts';
import type { SignInGuard } from '../sign-in-guard.ts';

/** Shorter ones are guessed; longer phrases are welcome. */
const LEAST_PASSWORD = 8;

const password = writtenText(200);
const passwordChange = z
  .strictObject({
    current: password,
    password: password
      .min(LEAST_PASSWORD, `must have at least ${LEAST_PASSWORD} characters`)
      .meta({ minLength: LEAST_PASSWORD, maxLength: 200 }),
  })
  .refine(({ current, password: next }) => current !== next, { error: 'must be another one', path: ['password'] })
  .meta({ id: 'PasswordChange' });

const sessions = z
  .object({
    sessions: z.array(
      z.object({
        id: z.uuid(),
        openedAt: z.iso.datetime(),
        expiresAt: z.iso.datetime(),
        current: z.boolean().meta({ description: 'The one this was asked by.' }),
      }),
    ),
  })
  .meta({ id: 'OwnSessions' });

interface OwnAccountDeps {
  pool: Pool;
  guard: SignInGuard;
  passwords: Passwords;
}

/** What everybody may do about their own account: see where it is open, end that, change the password. */
export function ownAccountRoutes({ pool, guard, passwords }: OwnAccountDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/me/sessions',
      operationId: 'listOwnSessions',
      summary: 'Where the account is signed in, the newest first',
      may: 'me:read',
      replies: { 200: { description: 'Ten at most.', schema: sessions } },
      async handle({ credential }, account) {
        const open = await sessionsOf(pool, account.id);
        const shown = open.map(({ id, openedAt, expiresAt, tokenHash }) => ({
          id,
          openedAt: openedAt.toISOString(),
          expiresAt: expiresAt.toISOString(),
          current: tokenHash === credential,
        }));
        return { status: 200, body: { sessions: shown } };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/me/sessions',
      operationId: 'signOutEverywhere',
      summary: 'End all sessions of the account, this one too; devices are forgotten',
      may: 'me:change',
      replies: { 204: { description: 'Signed out everywhere.', schema: null } },
      async handle({ request, response }, account) {
        await inTransaction(pool, async (db) => {
          await endSessions(db, account.id);
          await forgetDevices(db, account.id);
        });
        setSessionCookie(request, response, null);
        return { status: 204 };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/me/sessions/:id',
      operationId: 'endOwnSession',
      summary: 'End one session of the account',
      may: 'me:change',
      params: z.object({ id: z.uuid('must be a session’s id') }),
      replies: { 204: { description: 'It is ended.', schema: null } },
      problems: { 404: 'The account has no such session.' },
      async handle({ params: { id } }, account) {
        if (!(await endSession(pool, account.id, id))) throw notKnown('id');
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/me/password',
      operationId: 'changePassword',
      summary: 'Change the own password: all other sessions end',
      may: 'me:change',
      body: passwordChange,
      bodyLimit: 10_000,
      replies: { 204: { description: 'Changed.', schema: null } },
      problems: {
        429: 'Too many wrong tries; see Retry-After.',
        503: 'Too many passwords at this moment, or the database gives no answer; see Retry-After.',
      },
      async handle({ body, credential }, account) {
        // Whoever finds a browser open may guess no faster than at the door.
        const who = { login: `account ${account.id}`, address: '', device: credential };
        const asker = { lane: 'known', caller: credential } as const;
        guard.take(who);
        const right = await passwords.isRight(asker, await passwordHashOf(pool, account.id), body.current);
        if (!right) throw Problem.field(403, 'current', 'is wrong');
        guard.forgive(who);
        const hash = await passwords.hash(asker, body.password);
        await inTransaction(pool, async (db) => {
          await setPassword(db, account.id, hash);
          await endSessions(db, account.id, credential);
          await forgetDevices(db, account.id);
        });
        return { status: 204 };
      },
    }),
  ];
}
