import { z } from 'zod';
import type { Metrics } from '../../infra/telemetry/metrics.ts';
import type { Readiness } from '../readiness.ts';
import { publicRoute, type Route } from '../route.ts';

const readiness = z
  .object({
    ready: z.boolean(),
    parts: z.array(
      z.object({
        name: z.string(),
        status: z.enum(['ok', 'down', 'unknown', 'stale']),
        detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
        advice: z.string().nullable(),
      }),
    ),
    queues: z.array(
      z.object({
        queue: z.string(),
        tenant: z.string(),
        waiting: z.number(),
        oldestSeconds: z.number(),
        status: z.enum(['ok', 'late']),
        advice: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Readiness' });

/** What those who run the platform ask. They hold no personal data and ask for no session. */
export function operationRoutes({ ready, metrics }: { ready: () => Promise<Readiness>; metrics: Metrics }): Route[] {
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
      summary: 'Whether it can do its work, each part and each queue named, and what to do',
      replies: {
        200: { description: 'Postgres and Temporal answer.', schema: readiness },
        503: { description: 'One of them does not.', schema: readiness },
      },
      async handle() {
        const state = await ready();
        return { status: state.ready ? 200 : 503, body: state };
      },
    }),
    publicRoute({
      method: 'get',
      path: '/metrics',
      operationId: 'metrics',
      summary: 'For Prometheus',
      replies: { 200: { description: 'The exposition format.', schema: z.string() } },
      async handle({ response }) {
        response.type(metrics.contentType);
        return { status: 200, text: await metrics.scrape() };
      },
    }),
  ];
}
