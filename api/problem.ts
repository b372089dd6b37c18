import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Request, Response } from 'express';
import { z } from 'zod';
import { troubleOf, type Trouble } from '../infra/postgres/data-error.ts';
import { fieldName, titleOf, wordsOf, type Language } from './problem-words.ts';
import { zodWords } from './zod-words.ts';

z.config({ localeError: zodWords });

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
    code: z.string().meta({ description: 'Of what is wrong: it stays, whatever the words are.' }),
    detail: z.string(),
    errors: z.array(z.object({ field: z.string(), code: z.string(), message: z.string() })),
  })
  .meta({
    id: 'Problem',
    description:
      'What is wrong, as RFC 9457 says it; `errors` names each field. In English, or in Chinese where Accept-Language prefers it.',
  });

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

/** Writes a problem as the answer, in the caller's language: English for programs, which name none. */
function sendProblem(request: Request, response: Response, problem: Problem): void {
  const language = request.acceptsLanguages('en', 'zh') === 'zh' ? 'zh' : 'en';
  response
    .status(problem.status)
    .set({ ...problem.headers, 'cache-control': 'no-store', 'content-language': language, vary: 'accept-language' })
    .type('application/problem+json')
    .send(JSON.stringify(bodyOf(problem, language)));
}

function bodyOf({ status, message: detail, errors }: Problem, language: Language): z.output<typeof problemSchema> {
  const usual = STATUS_CODES[status] ?? '';
  const tell = (words: string) => wordsOf(words, language) ?? { code: usual.toLowerCase().replaceAll(' ', '-'), words };
  const told = errors.map(({ field, message }) => ({ field, ...tell(message) }));
  const [only] = told;
  const isOfOne = only !== undefined && told.length === 1 && detail === `${only.field}: ${errors[0]!.message}`;
  const fields = told.map(({ field }) => fieldName(field, language));
  const whole = tell(detail);
  const isChinese = language === 'zh';
  const { code, words } = isOfOne
    ? { code: only.code, words: `${fields[0]}${isChinese ? '：' : ': '}${only.words}` }
    : {
        code: whole.code,
        words: isChinese && whole.code === 'not-valid' ? `填写有误：${fields.join('、')}` : whole.words,
      };
  return {
    ...{ type: 'about:blank', title: titleOf(status, usual, language), status, code, detail: words },
    errors: told.map(({ field, code: of, words: message }) => ({ field, code: of, message })),
  };
}

/** Turns whatever was thrown into a problem; `report` hears what was our fault. */
export function problemHandler(report: (error: unknown) => void): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const problem = asProblem(error);
    if (!problem || problem.cause !== undefined) report(problem?.cause ?? error);
    if (response.headersSent) return next(error);
    sendProblem(request, response, problem ?? new Problem(500, 'Something went wrong on our side.'));
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
