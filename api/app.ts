import type { Client } from '@temporalio/client';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Carriers } from '../infra/carriers.ts';
import { isKnownHost } from '../infra/host-names.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import type { Logger } from '../infra/telemetry/log.ts';
import { createPendingStarter } from '../infra/temporal/pending-starter.ts';
import { createMetrics, type Metrics } from '../infra/telemetry/metrics.ts';
import { openApiDocument } from './openapi.ts';
import { Passwords } from './passwords.ts';
import { Problem, problemHandler } from './problem.ts';
import { createReadiness } from './readiness.ts';
import { mountRoutes, type Route } from './route.ts';
import { safeError } from './safe-error.ts';
import { SignInGuard, type SignInLimits } from './sign-in-guard.ts';
import { accountRoutes } from './routes/accounts.ts';
import { auditRoutes } from './routes/audit.ts';
import { billingRoutes } from './routes/billing.ts';
import { billingPaperRoutes } from './routes/billing-paper.ts';
import { carrierRoutes } from './routes/carriers.ts';
import { chargeRoutes } from './routes/charges.ts';
import { classRoutes } from './routes/classes.ts';
import { grantRoutes } from './routes/grants.ts';
import { meRoutes } from './routes/me.ts';
import { messageRoutes } from './routes/messages.ts';
import { operationRoutes } from './routes/operations.ts';
import { orderRoutes } from './routes/orders.ts';
import { ownAccountRoutes } from './routes/own-account.ts';
import { readerRoutes } from './routes/readers.ts';
import { schoolRoutes } from './routes/school.ts';
import { refundRoutes } from './routes/refunds.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { slipRoutes } from './routes/slips.ts';
import { smppQuarantineRoutes } from './routes/smpp-quarantine.ts';
import { subscriberRoutes } from './routes/subscribers.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { traceRoutes } from './routes/trace.ts';
import { trialPaperRoutes } from './routes/trial-papers.ts';
import { trialRoutes } from './routes/trials.ts';
import { uncertainRoutes } from './routes/uncertain.ts';
import type { TemporalUi } from './workflow-link.ts';

/** What the API stands on. */
export interface ApiDeps {
  pool: Pool;
  /** For statements that may take minutes (default: `pool`). */
  longPool?: Pool;
  temporal: Client;
  carriers: Carriers;
  ui: TemporalUi;
  log: Logger;
  /** Folder of the built pages; undefined: the API alone. */
  pages?: string | undefined;
  signIn?: SignInLimits;
  /** Names by which it is asked, beside addresses and `localhost`. */
  allowedHosts?: readonly string[];
  /** Bearer token that sees how the platform is. */
  opsToken?: string | undefined;
  /** Addresses and networks of proxies that say whom a request is from (default: this machine). */
  trustedProxies?: readonly string[];
}

/** The HTTP side of the platform: routes, their OpenAPI document, the pages. */
export function createApp(deps: ApiDeps): Express {
  const { pool, log, pages, temporal } = deps;
  const long = { ...deps, pool: deps.longPool ?? pool };
  const starter = createPendingStarter({ pool, client: temporal, log });
  const ready = createReadiness(deps);
  const metrics = createMetrics(pool, ready);
  const door = { pool, guard: new SignInGuard(deps.signIn), passwords: new Passwords() };
  const routes: Route[] = [
    ...sessionRoutes(door),
    ...ownAccountRoutes(door),
    ...accountRoutes(deps),
    ...tokenRoutes(deps),
    ...auditRoutes(deps),
    ...meRoutes(),
    ...messageRoutes({ pool, starter }),
    ...grantRoutes({ pool }),
    ...schoolRoutes({ pool }),
    ...classRoutes(deps),
    ...carrierRoutes(deps),
    ...orderRoutes({ ...deps, starter }),
    ...traceRoutes(deps),
    ...readerRoutes(deps),
    ...subscriberRoutes(deps),
    ...chargeRoutes(deps),
    ...refundRoutes(deps),
    ...billingRoutes(long),
    ...billingPaperRoutes(long),
    ...trialRoutes({ ...deps, starter }),
    ...slipRoutes({ ...deps, starter }),
    ...trialPaperRoutes(deps),
    ...smppQuarantineRoutes(deps),
    ...uncertainRoutes(deps),
    ...operationRoutes({ pool, metrics, ready, opsToken: deps.opsToken }),
  ];
  const document = JSON.stringify(openApiDocument(routes));

  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.set('trust proxy', deps.trustedProxies ?? 'loopback');
  app.use(secureHeaders(), recordRequests(log, metrics), refuseOtherHosts(deps.allowedHosts));
  app.get('/api/v1/openapi.json', (_request, response) => {
    response.locals['route'] = '/api/v1/openapi.json';
    response.type('application/json').send(document);
  });
  mountRoutes(app, routes, pool);
  if (pages !== undefined) app.use(servePages(pages));
  app.use(() => {
    throw new Problem(404, 'There is nothing here.');
  });
  app.use(problemHandler((error) => log.error({ error: safeError(error) }, 'a request failed')));
  return app;
}

/** The pages come from here alone: no inline script, no foreign source, in nobody's frame. */
function secureHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
  });
}

/** The Host header itself: what a proxy says of it a page of another name could say too. */
function refuseOtherHosts(names: readonly string[] = []): RequestHandler {
  return (request, _response, next) => {
    if (!isKnownHost(request.headers.host, names))
      throw new Problem(421, 'This is not known by that name: ALLOWED_HOSTS tells which it has.');
    next();
  };
}

/** Files named by their content never change; the page that names them is asked for anew. */
function servePages(folder: string): RequestHandler {
  const files = express.static(folder, {
    setHeaders(response, path) {
      const named = path.includes('/assets/');
      response.setHeader('cache-control', named ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return (request, response, next) => {
    response.locals['route'] = 'page';
    files(request, response, (error?: unknown) => {
      delete response.locals['route'];
      next(error);
    });
  };
}

/** One line and one observation a request: the route's pattern, never the path or query, which may hold a phone. */
function recordRequests(log: Logger, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const since = performance.now();
    response.on('close', () => {
      const ms = performance.now() - since;
      const { route = 'unknown', account } = response.locals as { route?: string; account?: string };
      const { method } = request;
      const status = response.statusCode;
      metrics.observe({ method, route, status, seconds: ms / 1000 });
      log[status >= 500 ? 'warn' : 'info']({ method, route, status, ms: Math.round(ms), account }, 'request');
    });
    next();
  };
}
