import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Response } from 'express';
import { z } from 'zod';
import { troubleOf, type Trouble } from '../infra/postgres/data-error.ts';

/** What is wrong with one field; `field` is its path, e.g. `audience.classIds.0`. */
export interface FieldError {
  field: string;
  message: string;
}

interface ProblemDetails {
  errors?: FieldError[];
  headers?: Record<string, string>;
  /** What went wrong on our side; logged, never sent. */
  cause?: unknown;
}

/** An answer that says what is wrong (RFC 9457). Anything a handler throws that is not one becomes a bare 500. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly errors: FieldError[];
  readonly headers: Record<string, string>;

  constructor(status: number, detail: string, { errors = [], headers = {}, cause }: ProblemDetails = {}) {
    super(detail, { cause });
    this.status = status;
    this.errors = errors;
    this.headers = headers;
  }

  /** The problem of one field. */
  static field(status: number, field: string, message: string): Problem {
    return new Problem(status, `${field}: ${message}`, { errors: [{ field, message }] });
  }
}

/** The schema of every error's body. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })),
  })
  .meta({ id: 'Problem', description: 'What is wrong, as RFC 9457 says it; `errors` names each field.' });

/** Names every field that `error` finds wrong. */
export function validationProblem(error: z.ZodError, wholeName: string): Problem {
  const errors = error.issues.flatMap((issue): FieldError[] => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ field: [...path, key].join('.'), message: 'is not known' }));
    return [{ field: path.join('.') || wholeName, message: issue.message }];
  });
  return new Problem(400, `Not valid: ${errors.map(({ field }) => field).join(', ')}`, { errors });
}

/** Writes a problem as the answer. */
export function sendProblem(response: Response, { status, message, errors, headers }: Problem): void {
  response
    .status(status)
    .set({ ...headers, 'cache-control': 'no-store' })
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? '', status, detail: message, errors }));
}

/** Turns whatever was thrown into a problem; `report` hears what was our fault. */
export function problemHandler(report: (error: unknown) => void): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const problem = asProblem(error);
    if (!problem || problem.cause !== undefined) report(problem?.cause ?? error);
    if (response.headersSent) return next(error);
    sendProblem(response, problem ?? new Problem(500, 'Something went wrong on our side.'));
  };
}

/** What a caller is told of a database that gives no answer, and after how many seconds asking again is worth while. */
const TROUBLES: Record<Trouble, { words: string; retryAfter: number }> = {
  locked: { words: 'Others are changing the same thing just now.', retryAfter: 2 },
  slow: { words: 'The database took too long to answer.', retryAfter: 5 },
  away: { words: 'The database is out of reach just now.', retryAfter: 5 },
};
const AGAIN = 'What was asked may or may not be done: ask again, with the same Idempotency-Key if there was one.';

/** Faults of the database that pass, and those express and its body parser find, by their `type` or name. */
function asProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  const trouble = troubleOf(error);
  if (trouble) {
    const { words, retryAfter } = TROUBLES[trouble];
    return new Problem(503, `${words} ${AGAIN}`, { headers: { 'retry-after': `${retryAfter}` }, cause: error });
  }
  if (error instanceof URIError) return Problem.field(400, 'path', 'is not well encoded');
  const { type, status } = error as { type?: unknown; status?: unknown };
  switch (type) {
    case 'entity.too.large':
      return Problem.field(413, 'body', 'is too large');
    case 'entity.parse.failed':
      return Problem.field(400, 'body', 'is not JSON');
    case 'encoding.wrong':
      return Problem.field(400, 'body', 'is not UTF-8');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return Problem.field(415, 'body', 'must be application/json in UTF-8');
    case 'request.aborted':
    case 'request.size.invalid':
      return Problem.field(400, 'body', 'did not arrive whole');
    default:
      // express marks a path it cannot decode with 400.
      return status === 400 ? Problem.field(400, 'path', 'is not well formed') : undefined;
  }
}
