import { z } from 'zod';
import { newToken, tokenHash } from '../../infra/secrets.ts';
import { accountByLogin } from '../../infra/postgres/accounts.ts';
import { inTransaction, type Pool } from '../../infra/postgres/pool.ts';
import { closeSession, openSession, rememberDevice } from '../../infra/postgres/sessions.ts';
import { deviceToken, SESSION_HOURS, sessionToken, setDeviceCookie, setSessionCookie } from '../auth.ts';
import { writtenText } from '../fields.ts';
import type { Passwords } from '../passwords.ts';
import { Problem } from '../problem.ts';
import { publicRoute, type Route } from '../route.ts';
import { networkOf, type SignInGuard } from '../sign-in-guard.ts';

const signIn = z.strictObject({ login: writtenText(100), password: writtenText(200) }).meta({ id: 'SignIn' });

interface SessionDeps {
  pool: Pool;
  guard: SignInGuard;
  passwords: Passwords;
}

/** Signing in and out. */
export function sessionRoutes({ pool, guard, passwords }: SessionDeps): Route[] {
  return [
    publicRoute({
      method: 'post',
      path: '/api/v1/sessions',
      operationId: 'signIn',
      summary: 'Sign in; the answer sets the session cookie, and one by which the browser is known again',
      body: signIn,
      bodyLimit: 10_000,
      replies: { 204: { description: 'Signed in.', schema: null } },
      problems: {
        401: 'Login or password is wrong.',
        429: 'Too many wrong tries; see Retry-After.',
        503: 'Too many sign in at this moment, or the database gives no answer; see Retry-After.',
      },
      async handle({ body: { login, password }, request, response }) {
        const shown = deviceToken(request);
        const account = await accountByLogin(pool, login, shown && tokenHash(shown));
        const device = account?.knownDevice ? shown : undefined;
        const address = request.ip ?? '';
        const who = { login, address, device };
        guard.take(who);
        const asker = device === undefined ? others(address) : ({ lane: 'known', caller: device } as const);
        const right = await passwords.isRight(asker, account?.passwordHash, password).catch((error: unknown) => {
          guard.giveBack(who);
          throw error;
        });
        if (!account || !right) throw new Problem(401, 'Login or password is wrong.');
        guard.forgive(who);
        const token = newToken();
        const kept = shown && account.usedDevice ? shown : newToken();
        await inTransaction(pool, async (db) => {
          await openSession(db, { tokenHash: tokenHash(token), accountId: account.id, hours: SESSION_HOURS });
          await rememberDevice(db, account.id, tokenHash(kept));
        });
        setSessionCookie(request, response, token);
        setDeviceCookie(request, response, kept);
        return { status: 204 };
      },
    }),
    publicRoute({
      method: 'delete',
      path: '/api/v1/sessions',
      operationId: 'signOut',
      summary: 'Sign out; harmless without a session',
      replies: { 204: { description: 'Signed out.', schema: null } },
      async handle({ request, response }) {
        const token = sessionToken(request);
        if (token) await closeSession(pool, tokenHash(token));
        setSessionCookie(request, response, null);
        return { status: 204 };
      },
    }),
  ];
}

function others(address: string) {
  return { lane: 'others', caller: networkOf(address) } as const;
}
