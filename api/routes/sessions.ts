import { z } from 'zod';
import { hashPassword, newToken, tokenHash, verifyPassword } from '../../infra/secrets.ts';
import { accountByLogin, closeSession, openSession } from '../../infra/postgres/accounts.ts';
import { inTransaction, type Pool } from '../../infra/postgres/pool.ts';
import { SESSION_HOURS, sessionToken, setSessionCookie } from '../auth.ts';
import { writtenText } from '../fields.ts';
import { Problem } from '../problem.ts';
import type { SignInLimiter } from '../rate-limit.ts';
import { publicRoute, type Route } from '../route.ts';

const signIn = z.strictObject({ login: writtenText(100), password: writtenText(200) }).meta({ id: 'SignIn' });

/** Signing in and out. */
export function sessionRoutes({ pool, limiter }: { pool: Pool; limiter: SignInLimiter }): Route[] {
  // Compared against when the login is unknown, so that the time of the answer does not tell which logins exist.
  const nobodysHash = hashPassword(newToken());
  return [
    publicRoute({
      method: 'post',
      path: '/api/v1/sessions',
      operationId: 'signIn',
      summary: 'Sign in; the answer sets the session cookie',
      body: signIn,
      bodyLimit: 10_000,
      replies: { 204: { description: 'Signed in.', schema: null } },
      problems: { 401: 'Login or password is wrong.', 429: 'Too many wrong tries; see Retry-After.' },
      async handle({ body: { login, password }, request, response }) {
        const address = request.ip ?? '';
        await limiter.take(login, address);
        const account = await accountByLogin(pool, login);
        const right = await verifyPassword(account?.passwordHash ?? (await nobodysHash), password);
        if (!account || !right) throw new Problem(401, 'Login or password is wrong.');
        await limiter.forgive(login, address);
        const token = newToken();
        await inTransaction(pool, (db) =>
          openSession(db, { tokenHash: tokenHash(token), accountId: account.id, hours: SESSION_HOURS }),
        );
        setSessionCookie(request, response, token);
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
