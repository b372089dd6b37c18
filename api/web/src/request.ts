interface FieldError {
  field: string;
  message: string;
}

/** What the API says is wrong, in words for the page. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;
  /** What is wrong with which field. */
  readonly errors: FieldError[];

  constructor(status: number, detail: string, errors: FieldError[] = []) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }
}

interface RequestOptions {
  body?: unknown;
  /** Makes a POST safe to repeat. */
  key?: string;
  /** Ends it when nobody waits for the answer any more. */
  signal?: AbortSignal;
}

/** What a request comes to that has no answer. */
export function outOfReach(): Refusal {
  return new Refusal(0, '连接不上 Out of reach');
}

/** Asks the API. Throws a Refusal for any answer that is not a success, and when there is none. */
export async function request<T>(method: string, path: string, { body, key, signal }: RequestOptions = {}): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: {
      // What is wrong is said in the page's language.
      'accept-language': document.documentElement.lang,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch(() => undefined);
  if (!response) throw outOfReach();
  const answer = (await response.json().catch(() => undefined)) as unknown;
  // Readiness answers 503 with what is down: that is its answer.
  if (response.ok || path === '/readyz') return answer as T;
  const problem = answer as { detail?: string; errors?: FieldError[] } | undefined;
  throw new Refusal(response.status, problem?.detail ?? response.statusText, problem?.errors);
}

/** A key nobody has used; `randomUUID` is missing where a page came without TLS. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
