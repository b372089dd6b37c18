import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { z } from 'zod';
import { troubleOf } from '../../infra/postgres/data-error.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import type { Metrics } from '../../infra/telemetry/metrics.ts';
import { may } from '../access.ts';
import { authenticate, bearerToken } from '../auth.ts';
import { Problem } from '../problem.ts';
import type { Readiness } from '../readiness.ts';
import { publicRoute, type Route } from '../route.ts';

const readiness = z
  .object({
    ready: z.boolean(),
    parts: z
      .array(
        z.object({
          name: z.string(),
          tenant: z.string().nullable().meta({ description: 'null: of the platform.' }),
          status: z.enum(['ok', 'down', 'unknown', 'stale']),
          detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
          advice: z.string().nullable(),
        }),
      )
      .optional()
      .meta({ description: 'For those who may see: each part, and for carriers’ staff those of their own.' }),
    queues: z
      .array(
        z.object({
          queue: z.string(),
          tenant: z.string(),
          waiting: z.number(),
          oldestSeconds: z.number(),
          status: z.enum(['ok', 'late']),
          advice: z.string().nullable(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Readiness' });

interface OperationDeps {
  pool: Pool;
  ready: () => Promise<Readiness>;
  metrics: Metrics;
  opsToken: string | undefined;
}

/** Carriers whose parts somebody may see; `all`: the platform's. */
type Sight = 'all' | readonly string[];

/** What those who run the platform ask. */
export function operationRoutes({ pool, ready, metrics, opsToken }: OperationDeps): Route[] {
  return [
    publicRoute({
      method: 'get',
      path: '/healthz',
      operationId: 'health',
      summary: 'Whether this process lives',
      replies: { 200: { description: 'It does.', schema: z.object({ status: z.literal('ok') }) } },
      handle: () => Promise.resolve({ status: 200, body: { status: 'ok' } }),
    }),
    publicRoute({
      method: 'get',
      path: '/readyz',
      operationId: 'readiness',
      summary: 'Whether it can do its work; for staff and the bearer of OPS_TOKEN each part and queue, and what to do',
      canSignIn: true,
      replies: {
        200: { description: 'Postgres and Temporal answer.', schema: readiness },
        503: { description: 'One of them does not.', schema: readiness },
      },
      async handle({ request }) {
        const [state, sight] = await Promise.all([ready(), sightOf(request)]);
        return { status: state.ready ? 200 : 503, body: seen(state, sight) };
      },
    }),
    publicRoute({
      method: 'get',
      path: '/metrics',
      operationId: 'metrics',
      summary: 'For Prometheus, with OPS_TOKEN or the token of an account of ops as its bearer token',
      canSignIn: true,
      replies: { 200: { description: 'The exposition format.', schema: z.string(), type: 'text/plain' } },
      problems: { 401: 'No token that may see them.', 403: 'The account may not see them.' },
      async handle({ request, response }) {
        if (!bearsOpsToken(request) && !may((await authenticate(pool, request)).account.role, 'metrics:read'))
          throw new Problem(403, 'Only the role ops may see this.');
        response.type(metrics.contentType);
        return { status: 200, text: await metrics.scrape() };
      },
    }),
  ];

  /** Nobody's, where nobody may see; a stranger, and a database that can't tell who asks, are no fault here. */
  async function sightOf(request: Request): Promise<Sight | null> {
    if (bearsOpsToken(request)) return 'all';
    try {
      const { role, tenants } = (await authenticate(pool, request)).account;
      return may(role, 'parts:see') ? tenants : null;
    } catch (error) {
      if (error instanceof Problem || troubleOf(error)) return null;
      throw error;
    }
  }

  function bearsOpsToken(request: Request): boolean {
    const token = bearerToken(request);
    if (opsToken === undefined || token === undefined) return false;
    const digest = (text: string) => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(token), digest(opsToken));
  }
}

function seen({ ready, parts, queues }: Readiness, sight: Sight | null): z.output<typeof readiness> {
  if (sight === null) return { ready };
  const within = (tenant: string | null) => sight === 'all' || tenant === null || sight.includes(tenant);
  return {
    ready,
    parts: parts.filter(({ tenant }) => within(tenant)),
    queues: queues.filter(({ tenant }) => within(tenant)),
  };
}
