import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response, Router } from 'express';
import type { z } from 'zod';
import type { Account } from '../infra/postgres/accounts.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import type { Sight } from '../infra/postgres/sight.ts';
import type { What } from './access.ts';
import { audit, type AuditEntry } from './audit.ts';
import { authenticate } from './auth.ts';
import { readBody, unwritable } from './body.ts';
import { IDEMPOTENCY_KEY, keyOf, takeKey } from './idempotency.ts';
import { Problem, validationProblem } from './problem.ts';
import { sightOf } from './sight.ts';

/** What a handler gets: everything validated. */
export interface Call<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  /** Of routes that are `idempotent`: what the caller's Idempotency-Key stands for, ours and random. */
  requestKey: string;
  /** When this was first asked: with the same key, the time it was used first. */
  askedAt: Date;
  /** Hash of the session's or machine's token the caller is known by; '' where nobody need be. */
  credential: string;
  request: Request;
  response: Response;
}

/** What a handler answers. */
export interface Reply {
  status: number;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in the type the handler set; piece by piece where it may be too long to hold. */
  text?: string | AsyncIterable<string>;
  headers?: Record<string, string>;
}

/** An answer as the document tells it. */
interface Answer {
  description: string;
  /** null: no body. */
  schema: z.ZodType | null;
  /** Of its body; JSON if unset. */
  type?: 'text/html' | 'text/csv' | 'text/plain';
  /** What it may be asked for as well. */
  orHtml?: true;
}

interface Shape<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType> {
  method: 'get' | 'post' | 'put' | 'delete';
  /** As express writes it, e.g. `/api/v1/messages/:id`. */
  path: string;
  /** Unique and stable: clients generated from the OpenAPI document name their functions by it. */
  operationId: string;
  summary: string;
  params?: Params;
  query?: Query;
  body?: Body;
  /** Largest body, in bytes. */
  bodyLimit?: number;
  /** Takes an Idempotency-Key: the same key acts once. */
  idempotent?: boolean;
  /** Each answer that is not a problem. */
  replies: Record<number, Answer>;
  /** What the record of who looked at or changed whom says of a call; none: it is about nobody. */
  audit?(call: Pick<Call<z.output<Params>, z.output<Query>, z.output<Body>>, 'params' | 'query' | 'body'>): AuditEntry;
  /** Of a route for everyone: who signs in is told more. */
  canSignIn?: boolean;
  /** Problems a caller must expect beside 400, 401, 403 and 500, in words. */
  problems?: Record<number, string>;
}

/** A route with its schemas beside the handler: what validates is what the OpenAPI document says. */
export interface Route extends Shape<z.ZodObject, z.ZodObject, z.ZodType> {
  /** The right it takes, by the table of access.ts; null: none, and no session. */
  may: What | null;
  handle(call: Call<never, never, never>, account: Account | null, sight: Sight | null): Promise<Reply>;
}

type Empty = z.ZodObject<Record<never, never>>;

/** A route that takes a right; the handler gets how far the caller's reaches. */
export function route<
  Params extends z.ZodObject = Empty,
  Query extends z.ZodObject = Empty,
  Body extends z.ZodType = Empty,
>(
  definition: Shape<Params, Query, Body> & {
    may: What;
    handle(
      call: Call<z.output<Params>, z.output<Query>, z.output<Body>>,
      account: Account,
      sight: Sight,
    ): Promise<Reply>;
  },
): Route {
  return definition;
}

/** A route that asks for no session. */
export function publicRoute<
  Params extends z.ZodObject = Empty,
  Query extends z.ZodObject = Empty,
  Body extends z.ZodType = Empty,
>(
  definition: Shape<Params, Query, Body> & {
    handle(call: Call<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<Reply>;
  },
): Route {
  return { ...definition, may: null };
}

/** An audience of 5,000 ids and a text of 1,000 hanzi fit in with room. */
const USUAL_BODY_LIMIT = 1_000_000;

/** Puts the routes into `router`; other methods of their paths are answered 405. */
export function mountRoutes(router: Router, routes: readonly Route[], pool: Pool): void {
  const methods = new Map<string, string[]>();
  for (const each of routes) {
    methods.set(each.path, [...(methods.get(each.path) ?? []), each.method.toUpperCase()]);
    // Who asks comes before what is asked: a stranger's body is not even read.
    router[each.method](each.path, async (request, response) => {
      response.locals['route'] = each.path;
      const caller = each.may && (await authorize(pool, request, response, each.may));
      const account = caller?.account ?? null;
      const sent = each.body && (await readBody(request, response, each.bodyLimit ?? USUAL_BODY_LIMIT));
      if (each.query) refuseBrokenQuery(request);
      const params = parse(each.params, request.params, 'path');
      const query = parse(each.query, request.query, 'query');
      const body = parse(each.body, sent, 'body');
      if (each.audit && caller) {
        const entry = each.audit({ params, query, body } as Call<never, never, never>);
        await audit(pool, { ...caller, action: each.operationId, isChange: each.method !== 'get', entry });
      }
      const key = each.idempotent ? keyOf(request) : undefined;
      const asked = await takeKey(pool, account, key, [each.operationId, params, body]);
      const call = { params, query, body, ...asked, credential: caller?.credential ?? '', request, response };
      const reply = await each.handle(call as Call<never, never, never>, account, caller?.sight ?? null);
      if (key !== undefined) response.set(IDEMPOTENCY_KEY, key);
      response.set({ 'cache-control': 'no-store', ...reply.headers }).status(reply.status);
      if (reply.body !== undefined) response.json(reply.body);
      else if (typeof reply.text === 'object') await pipeline(Readable.from(reply.text), response);
      else response.end(reply.text);
    });
  }
  for (const [path, allowed] of methods) {
    router.all(path, (request, response) => {
      response.locals['route'] = path;
      throw new Problem(405, `${request.method} is not possible here.`, { headers: { allow: allowed.join(', ') } });
    });
  }
}

async function authorize(pool: Pool, request: Request, response: Response, what: What) {
  const caller = await authenticate(pool, request);
  response.locals['account'] = caller.account.id;
  return { ...caller, sight: await sightOf(pool, caller.account, what) };
}

function parse(schema: z.ZodType | undefined, value: unknown, wholeName: string): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw validationProblem(parsed.error, wholeName);
  const wrong = unwritable(value);
  if (wrong !== undefined) throw Problem.field(400, wrong || wholeName, 'has NUL or half a surrogate pair in it');
  return parsed.data;
}

/** What can't be decoded arrives as U+FFFD, and would be looked for. */
function refuseBrokenQuery(request: Request): void {
  const query = request.originalUrl.split('?', 2)[1] ?? '';
  try {
    decodeURIComponent(query);
  } catch {
    throw Problem.field(400, 'query', 'is not well encoded');
  }
}
