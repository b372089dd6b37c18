import { demo } from './demo.ts';

/** Somebody at the HTTP API: a person with a cookie or a machine with a token. */
export class Caller {
  readonly #headers: Record<string, string>;

  private constructor(headers: Record<string, string>) {
    this.#headers = headers;
  }

  static nobody(): Caller {
    return new Caller({});
  }

  static async signIn(login: string, password: string): Promise<Caller> {
    const response = await Caller.nobody().post('/api/v1/sessions', { login, password });
    if (response.status !== 204) throw new Error(`signing in answers ${response.status}`);
    return new Caller({ cookie: response.headers.getSetCookie()[0]!.split(';')[0]! });
  }

  /** The homeroom teacher of a class. */
  static async teacherOf(classId: string): Promise<Caller> {
    const teacher = demo().teachers.find((each) => each.classId === classId);
    if (!teacher) throw new Error(`no teacher for ${classId}`);
    return Caller.signIn(teacher.login, teacher.password);
  }

  static customerService(): Caller {
    return new Caller({ authorization: `Bearer ${demo().customerService.token}` });
  }

  get(path: string): Promise<Response> {
    return fetch(demo().api + path, { headers: this.#headers });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(demo().api + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.#headers, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** The answer of a GET that must succeed. */
  async read<T>(path: string): Promise<T> {
    const response = await this.get(path);
    if (!response.ok) throw new Error(`GET ${path.split('?')[0]} answers ${response.status}`);
    return (await response.json()) as T;
  }
}

export interface TraceEvent {
  at: string;
  kind: string;
  outcome: string;
  reason?: string;
  ids: Record<string, string | number>;
  workflow?: { id: string; url: string };
}

/** What customer service sees of a phone. */
export async function traceOf(phone: string): Promise<TraceEvent[]> {
  const { events } = await Caller.customerService().read<{ events: TraceEvent[] }>(`/api/v1/trace?phone=${phone}`);
  return events;
}
