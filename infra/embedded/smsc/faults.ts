import smpp from 'smpp';
import { z } from 'zod';
import { ID_FORMATS } from './deliver.ts';

const status = z.union([
  z.string().refine((name) => name in smpp.errors && name !== 'ESME_ROK', 'is no ESME_… name'),
  z.int().min(1).max(0xffffffff),
]);
/** How often it strikes; without it, until it is switched off. */
const count = z.int().min(1).max(1_000_000).optional();
const delayMs = z.int().min(1).max(3_600_000);

/** Faults on demand (issue 4). What is not named is off. */
export const faultSettings = z.strictObject({
  /** Segments a second over all connections, above which `status` answers. `burst` are saved up when idle. */
  rateLimit: z
    .strictObject({
      segmentsPerSecond: z.number().positive().max(1_000_000),
      burst: z.number().min(1).max(1_000_000).optional(),
      status: status.default('ESME_RTHROTTLED'),
    })
    .optional(),
  /** Submits of one connection that may wait for their response. */
  windowLimit: z
    .strictObject({ max: z.int().min(1).max(100_000), status: status.default('ESME_RTHROTTLED') })
    .optional(),
  /** Submits are answered with `status`, not accepted. */
  reject: z.strictObject({ status: status.default('ESME_RMSGQFUL'), count }).optional(),
  /** The same for one part of long texts (of `parts` parts, when given). */
  rejectPart: z
    .strictObject({
      part: z.int().min(1).max(255),
      parts: z.int().min(2).max(255).optional(),
      status: status.default('ESME_RSUBMITFAIL'),
      count,
    })
    .optional(),
  /** The next `count` submits are accepted, none of them is answered, and then the connection is gone. */
  dropBeforeResponse: z.strictObject({ count: z.int().min(1).max(1_000_000).default(1) }).optional(),
  /** Half-open: bytes are taken, nothing is ever sent. `accept`: what came is accepted nevertheless. */
  silent: z.strictObject({ accept: z.boolean().default(false) }).optional(),
  /** Responses come late. */
  slow: z.strictObject({ delayMs, count }).optional(),
  /** Responses come in reverse order, `window` at a time. */
  reorder: z.strictObject({ window: z.int().min(2).max(1_000).default(10), count }).optional(),
  /** `before`: ahead of the response. `undelivered`: the phone did not get it. */
  receipts: z
    .strictObject({
      mode: z.enum(['late', 'duplicate', 'missing', 'before', 'undelivered']),
      delayMs: delayMs.default(5_000),
      count,
    })
    .optional(),
  /** How message ids are written. */
  ids: z
    .strictObject({ response: z.enum(ID_FORMATS).default('decimal'), receipt: z.enum(ID_FORMATS).default('decimal') })
    .optional(),
  refuseBinds: z.strictObject({ status: status.default('ESME_RBINDFAIL'), count }).optional(),
});
export type FaultSettings = z.infer<typeof faultSettings>;

/** What is done at once, to every connection. */
export const faultAction = z.discriminatedUnion('action', [
  /** A PDU whose length field is impossible: 0, 4, 8, 15, or 0x7fffffff. */
  z.strictObject({
    action: z.literal('bad-pdu'),
    length: z.union([z.literal(0), z.literal(4), z.literal(8), z.literal(15), z.literal('huge')]),
  }),
  z.strictObject({ action: z.literal('garbage'), bytes: z.int().min(1).max(65_536).default(64) }),
  z.strictObject({ action: z.literal('unbind') }),
  z.strictObject({ action: z.literal('drop') }),
  /** Closes everything and listens again after `downMs`. */
  z.strictObject({ action: z.literal('restart'), downMs: z.int().min(0).max(600_000).default(0) }),
]);
export type FaultAction = z.infer<typeof faultAction>;

/** Faults that strike a stated number of times. */
type Counted = {
  [K in keyof FaultSettings]-?: 'count' extends keyof NonNullable<FaultSettings[K]> ? K : never;
}[keyof FaultSettings];

/** The faults that are on, and the counts left. */
export class Faults {
  #settings: FaultSettings = {};
  #tokens = 0;
  #filledAt = 0;

  get settings(): Readonly<FaultSettings> {
    return this.#settings;
  }

  /** These and no others, from now on. */
  replace(settings: FaultSettings): void {
    this.#settings = structuredClone(settings);
    this.#tokens = settings.rateLimit ? (settings.rateLimit.burst ?? settings.rateLimit.segmentsPerSecond) : 0;
    this.#filledAt = performance.now();
  }

  /** The fault, if it is on; one use less is left of it. */
  take<K extends Counted>(name: K): FaultSettings[K] {
    const fault = this.#settings[name];
    if (fault?.count !== undefined && --fault.count <= 0) delete this.#settings[name];
    return fault;
  }

  /** Whether a segment more is above the rate limit. */
  overRate(): boolean {
    const limit = this.#settings.rateLimit;
    if (!limit) return false;
    const now = performance.now();
    const { segmentsPerSecond, burst = segmentsPerSecond } = limit;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) / 1_000) * segmentsPerSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return true;
    this.#tokens--;
    return false;
  }
}
