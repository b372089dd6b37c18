import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import type { Account } from '../infra/postgres/accounts.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import type { Sight } from '../infra/postgres/sight.ts';
import type { What } from './access.ts';
import { authenticate } from './auth.ts';
import { Problem, validationProblem } from './problem.ts';
import { sightOf } from './sight.ts';

/** What a handler gets: everything validated. */
export interface Call<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  /** The caller's Idempotency-Key, or a random one; of routes that are `idempotent`. */
  requestKey: string;
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
  /** Schema of each answer that is not a problem; null: no body. */
  replies: Record<number, { description: string; schema: z.ZodType | null }>;
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

/** Header by which a client makes a POST safe to repeat. */
export const IDEMPOTENCY_KEY = 'idempotency-key';
export const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters');

/** Puts the routes into `router`; other methods of their paths are answered 405. */
export function mountRoutes(router: Router, routes: readonly Route[], pool: Pool): void {
  const methods = new Map<string, string[]>();
  for (const each of routes) {
    methods.set(each.path, [...(methods.get(each.path) ?? []), each.method.toUpperCase()]);
    // Who asks comes before what is asked: a stranger's body is not even read.
    router[each.method](each.path, async (request, response) => {
      response.locals['route'] = each.path;
      const asker = each.may && (await authorize(pool, request, response, each.may));
      const body = each.body && (await readBody(request, response, each.bodyLimit ?? USUAL_BODY_LIMIT));
      const call = {
        params: parse(each.params, request.params, 'path'),
        query: parse(each.query, request.query, 'query'),
        body: parse(each.body, body, 'body'),
        requestKey: each.idempotent ? requestKey(request) : '',
        request,
        response,
      };
      const reply = await each.handle(call as Call<never, never, never>, asker?.account ?? null, asker?.sight ?? null);
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
  const account = await authenticate(pool, request);
  response.locals['account'] = account.id;
  return { account, sight: await sightOf(pool, account, what) };
}

/** Reads a JSON body. A cookie's POST must say it is JSON: what a foreign page's form can't send. */
async function readBody(request: Request, response: Response, limit: number): Promise<unknown> {
  const sent = request.headers['transfer-encoding'] !== undefined || Number(request.get('content-length') ?? 0) > 0;
  if (!sent) throw Problem.field(400, 'body', 'is required');
  if (!request.is('application/json')) throw Problem.field(415, 'body', 'must be application/json');
  await promisify(express.json({ limit, inflate: false }))(request, response);
  return request.body as unknown;
}

function parse(schema: z.ZodType | undefined, value: unknown, wholeName: string): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw validationProblem(parsed.error, wholeName);
  return parsed.data;
}

function requestKey(request: Request): string {
  const key = idempotencyKey.optional().safeParse(request.get(IDEMPOTENCY_KEY));
  if (!key.success) throw validationProblem(key.error, 'Idempotency-Key');
  return key.data ?? randomUUID();
}
