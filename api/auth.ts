import type { Request, Response } from 'express';
import { parseCookie, stringifySetCookie } from 'cookie';
import { tokenHash } from '../infra/secrets.ts';
import { accountBySession, accountByToken, type Account } from '../infra/postgres/accounts.ts';
import type { Db } from '../infra/postgres/pool.ts';
import { Problem } from './problem.ts';

const COOKIE = 'campusline_session';
/** A school day with its evening: a teacher signs in once a day. */
export const SESSION_HOURS = 12;
/** Longer cannot be ours: it is not worth a query. */
const MAX_TOKEN = 200;

/** The session's token, if the request carries one. */
export function sessionToken(request: Request): string | undefined {
  const token = parseCookie(request.headers.cookie ?? '')[COOKIE];
  return token && token.length <= MAX_TOKEN ? token : undefined;
}

/** Gives the browser its session, or takes it away (null). */
export function setSessionCookie(request: Request, response: Response, token: string | null): void {
  const cookie = stringifySetCookie(COOKIE, token ?? '', {
    httpOnly: true,
    sameSite: 'strict',
    // Behind a proxy that ends TLS the header says so; a client that forges it harms its own cookie only.
    secure: request.secure || request.get('x-forwarded-proto') === 'https',
    path: '/',
    maxAge: token ? SESSION_HOURS * 3600 : 0,
  });
  response.append('set-cookie', cookie);
}

/**
 * Who is asking: a machine by its bearer token, a person by the session cookie.
 * @throws Problem 401 when nobody is, 403 when another site's page asks in a person's name
 */
export async function authenticate(db: Db, request: Request): Promise<Account> {
  const account = (await bearerAccount(db, request)) ?? (await cookieAccount(db, request));
  if (!account) {
    throw new Problem(401, 'Sign in first, or send a valid bearer token.', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
  return account;
}

async function bearerAccount(db: Db, request: Request): Promise<Account | undefined> {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(request.get('authorization') ?? '')?.[1];
  return token && token.length <= MAX_TOKEN ? accountByToken(db, tokenHash(token)) : undefined;
}

async function cookieAccount(db: Db, request: Request): Promise<Account | undefined> {
  const token = sessionToken(request);
  if (!token) return undefined;
  refuseOtherSites(request);
  return accountBySession(db, tokenHash(token));
}

/** SameSite=Strict already keeps the cookie at home; browsers that say where a request comes from are held to it. */
function refuseOtherSites(request: Request): void {
  const site = request.get('sec-fetch-site');
  if (request.method !== 'GET' && request.method !== 'HEAD' && site && site !== 'same-origin' && site !== 'none') {
    throw new Problem(403, 'A request in your name must come from our own pages.');
  }
}
