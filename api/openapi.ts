import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { IDEMPOTENCY_KEY, idempotencyKey } from './idempotency.ts';
import { problemSchema } from './problem.ts';
import type { Route } from './route.ts';

const USUAL_PROBLEMS: Record<number, string> = {
  400: 'A field is missing or wrong; `errors` names it.',
  500: 'Something went wrong on our side.',
  503: 'The database gives no answer just now; see Retry-After.',
};
const SESSION_PROBLEMS: Record<number, string> = {
  401: 'No session and no valid token.',
  403: 'The account may not do or see this.',
};
const KEY_PROBLEMS: Record<number, string> = { 422: 'The Idempotency-Key was used for another request.' };
const AUDIT_PROBLEMS: Record<number, string> = { 429: 'The account looked at more than is usual; see Retry-After.' };
const BODY_PROBLEMS: Record<number, string> = { 413: 'The body is too large.', 415: 'The body is not JSON.' };

/** A page to be printed. */
const page = z.string();

/** The OpenAPI 3.1 document of the routes, made from the schemas that validate. */
export function openApiDocument(routes: readonly Route[]) {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Campusline 校讯通',
      version: '1',
      description: 'Messages, orders and traces of a home–school messaging platform. Errors are RFC 9457 problems.',
    },
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'campusline_session' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  });
}

/** {}: nobody needs to be known. */
function securityOf({ may, canSignIn }: Route): Record<string, string[]>[] {
  const known = [{ session: [] }, { token: [] }];
  if (may) return known;
  return canSignIn ? [{}, ...known] : [];
}

function operation(route: Route): ZodOpenApiOperationObject {
  const problems = {
    ...USUAL_PROBLEMS,
    ...(route.may ? SESSION_PROBLEMS : {}),
    ...(route.body ? BODY_PROBLEMS : {}),
    ...(route.idempotent ? KEY_PROBLEMS : {}),
    ...(route.audit ? AUDIT_PROBLEMS : {}),
    ...route.problems,
  };
  return {
    operationId: route.operationId,
    summary: route.summary,
    // The right it takes: /api/v1/me tells which an account has.
    ...(route.may ? { 'x-may': route.may } : {}),
    security: securityOf(route),
    requestParams: {
      ...(route.params ? { path: route.params } : {}),
      ...(route.query ? { query: route.query } : {}),
      ...(route.idempotent
        ? { header: z.object({ [IDEMPOTENCY_KEY]: idempotencyKey.optional().meta({ description: 'Acts once.' }) }) }
        : {}),
    },
    ...(route.body ? { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } } : {}),
    responses: responsesOf(route.replies, problems),
  };
}

/** Of one status there may be an answer and a problem: a probe's 503 says what is down, ours that nobody could tell. */
function responsesOf(
  replies: Route['replies'],
  problems: Record<number, string>,
): ZodOpenApiOperationObject['responses'] {
  const statuses = new Set([...Object.keys(replies), ...Object.keys(problems)].map(Number));
  return Object.fromEntries(
    [...statuses].map((status) => {
      const reply = replies[status];
      const words = [reply?.description, problems[status]].filter((each) => each !== undefined);
      const content = {
        ...(reply?.schema ? { [reply.type ?? 'application/json']: { schema: reply.schema } } : {}),
        ...(reply?.orHtml ? { 'text/html': { schema: page } } : {}),
        ...(status in problems ? { 'application/problem+json': { schema: problemSchema } } : {}),
      };
      const described = { description: words.join(' Or: ') };
      return [String(status), Object.keys(content).length > 0 ? { ...described, content } : described];
    }),
  );
}
