import type { ErrorRequestHandler, Response } from 'express';
import type { z } from 'zod';

/** An answer that is not the wished one (RFC 9457). */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly errors: { field: string; message: string }[];

  constructor(status: number, message: string, errors: { field: string; message: string }[] = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** Validates what came in. @throws Problem 400 naming each field that is wrong */
export function valid<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'body', message }));
  throw new Problem(400, errors.map(({ field, message }) => `${field}: ${message}`).join('; '), errors);
}

/** Answers errors as problem+json. What the body parser throws has a status of its own. */
export function problemHandler(onError: (error: Error) => void): ErrorRequestHandler {
  return (error: unknown, _request, response: Response, next) => {
    if (response.headersSent) return next(error);
    const { status, message, errors } = asProblem(error, onError);
    response
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify({ type: 'about:blank', title: message, status, ...(errors.length ? { errors } : {}) }));
  };
}

function asProblem(error: unknown, onError: (error: Error) => void): Problem {
  if (error instanceof Problem) return error;
  const { status = 500, message } = error as { status?: number; message: string };
  if (status >= 400 && status < 500) return new Problem(status, message, [{ field: 'body', message }]);
  onError(error as Error);
  return new Problem(500, 'The simulator failed; its log says why.');
}
