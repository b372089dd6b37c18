import type { Request, Response } from 'express';
import { parseCookie, stringifySetCookie } from 'cookie';
import { tokenHash } from '../infra/secrets.ts';
import { accountBySession, accountByToken, type Account } from '../infra/postgres/accounts.ts';
import type { Db } from '../infra/postgres/pool.ts';
import { Problem } from './problem.ts';

const SESSION = 'campusline_session';
const DEVICE = 'campusline_device';
/** A school day with its evening: a teacher signs in once a day. */
export const SESSION_HOURS = 12;
/** As long as the database remembers it. */
const DEVICE_HOURS = 180 * 24;
/** Where people sign in: the device's cookie goes nowhere else. */
const SIGN_IN_PATH = '/api/v1/sessions';
/** Longer cannot be ours: it is not worth a query. */
const MAX_TOKEN = 200;

/** The session's token, if the request carries one. */
export function sessionToken(request: Request): string | undefined {
  return tokenIn(request, SESSION);
}

/** The device's token, if its browser has signed in before. */
export function deviceToken(request: Request): string | undefined {
  return tokenIn(request, DEVICE);
}

function tokenIn(request: Request, cookie: string): string | undefined {
  const token = parseCookie(request.headers.cookie ?? '')[cookie];
  return token && token.length <= MAX_TOKEN ? token : undefined;
}

/** Gives the browser its session, or takes it away (null). */
export function setSessionCookie(request: Request, response: Response, token: string | null): void {
  setCookie(request, response, { name: SESSION, token, path: '/', hours: SESSION_HOURS });
}

/** Lets the browser be known again where somebody signs in. */
export function setDeviceCookie(request: Request, response: Response, token: string): void {
  setCookie(request, response, { name: DEVICE, token, path: SIGN_IN_PATH, hours: DEVICE_HOURS });
}

interface Cookie {
  name: string;
  token: string | null;
  path: string;
  hours: number;
}

function setCookie(request: Request, response: Response, { name, token, path, hours }: Cookie): void {
  const cookie = stringifySetCookie(name, token ?? '', {
    httpOnly: true,
    sameSite: 'strict',
    // Behind a proxy that ends TLS the header says so; a client that forges it harms its own cookie only.
    secure: request.secure || request.get('x-forwarded-proto') === 'https',
    path,
    maxAge: token ? hours * 3600 : 0,
  });
  response.append('set-cookie', cookie);
}

/** Who asks, and by what it was known: the hash of its session's or machine's token. */
export interface Caller {
  account: Account;
  credential: string;
  isMachine: boolean;
}

/**
 * Who is asking: a machine by its bearer token, a person by the session cookie.
 * @throws Problem 401 when nobody is, 403 when another site's page asks in a person's name
 */
export async function authenticate(db: Db, request: Request): Promise<Caller> {
  const caller = (await bearer(db, request)) ?? (await person(db, request));
  if (!caller) {
    throw new Problem(401, 'Sign in first, or send a valid bearer token.', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
  return caller;
}

/** The bearer token of a request, if it carries one. */
export function bearerToken(request: Request): string | undefined {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(request.get('authorization') ?? '')?.[1];
  return token && token.length <= MAX_TOKEN ? token : undefined;
}

async function bearer(db: Db, request: Request): Promise<Caller | undefined> {
  const token = bearerToken(request);
  if (!token) return undefined;
  const credential = tokenHash(token);
  const account = await accountByToken(db, credential);
  return account && { account, credential, isMachine: true };
}

async function person(db: Db, request: Request): Promise<Caller | undefined> {
  const token = sessionToken(request);
  if (!token) return undefined;
  refuseOtherSites(request);
  const credential = tokenHash(token);
  const account = await accountBySession(db, credential);
  return account && { account, credential, isMachine: false };
}

/** SameSite=Strict already keeps the cookie at home; browsers that say where a request comes from are held to it. */
function refuseOtherSites(request: Request): void {
  const site = request.get('sec-fetch-site');
  if (request.method !== 'GET' && request.method !== 'HEAD' && site && site !== 'same-origin' && site !== 'none') {
    throw new Problem(403, 'A request in your name must come from our own pages.');
  }
}
