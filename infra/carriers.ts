import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { profileAt, type CarrierProfile } from '../workflows/domain/carrier-profile.ts';

const service = z.enum(['home-school', 'safety-sms', 'family-phone']);
const day = z.int().min(1).max(31);
/** A thousand yuan: more is a slip of the keyboard, and a million families of it are still an exact number. */
const fen = z.int().min(0).max(100_000);
/** Longer than a month no order waits for its fee. */
const waiverHours = z
  .int()
  .min(0)
  .max(31 * 24);
/** Of marks alone, which are not compared, a prefix would begin every text. */
// Not as a pattern, which the OpenAPI document would tell: many of its readers' regular expressions know no scripts.
const word = z.string().refine((text) => /[\p{Script=Han}A-Za-z0-9]/u.test(text), 'must have letters or digits');
const words = z.array(word).min(1);

/** Two months of the dearest bundle: what a call about one wrong fee comes to; a year's refund is above it. */
const STAFF_REFUND_FEN = 2_000;

/** One version of a carrier's rules, as its file has it. */
export const carrierVersion = z.strictObject({
  version: z.string().min(1),
  effectiveFrom: z.iso.datetime({ offset: true }),
  shortCode: z.string().regex(/^\d{4,12}$/, 'digits; 20 in all with the longest thread extension'),
  onNetPrefixes: z.array(z.string().regex(/^\d+$/)).min(1),
  billingUnit: z.enum(['household', 'payer']),
  packages: z
    .array(
      z.strictObject({
        id: z.string().min(1),
        name: z.string().min(1),
        services: z.array(service).min(1),
        fen,
        period: z.enum(['month', 'year']),
      }),
    )
    .min(1),
  defaultPackage: z.string(),
  gifts: z.array(service),
  keywords: z.strictObject({
    subscribe: words,
    cancel: words,
    cancelFree: words,
    cancelAll: words,
    query: words,
    mailbox: words,
    stop: z
      .strictObject({ words: z.array(word), names: z.array(word), parts: z.array(word) })
      .default({ words: [], names: [], parts: [] }),
  }),
  freeMonths: z.array(z.int().min(1).max(12)),
  firstOrder: z.strictObject({ fromDay: day, untilDay: day, waiverHours }),
  repeatOrder: z.strictObject({ fromDay: day, untilDay: day }),
  feeStandsAfterCancel: z.boolean(),
  yearlyRefund: z.strictObject({ paidMonths: z.int().min(1).max(12) }).nullable(),
  staffRefundFen: z.int().min(0).default(STAFF_REFUND_FEN),
  trial: z.strictObject({ months: z.int().min(1).max(12), answerDays: z.int().min(1).max(366) }).nullable(),
});

/** China's, as numbers are written abroad and at home. */
const COUNTRY_CODES = ['86', '0086'];

const carrierFile = z
  .strictObject({
    carrier: z.string().regex(/^[a-z][a-z0-9-]*$/),
    name: z.string().min(1),
    zone: z.string().refine(isTimeZone, 'an IANA time zone'),
    numberPrefixes: z.array(z.string().regex(/^\d{1,8}$/, '1 to 8 digits')).default(COUNTRY_CODES),
    versions: z.array(carrierVersion).min(1),
  })
  .superRefine((file, context) => {
    for (const { version: name, packages, defaultPackage } of file.versions) {
      if (!packages.some(({ id }) => id === defaultPackage))
        context.addIssue({ code: 'custom', message: `${name}: defaultPackage ${defaultPackage} is not a package` });
    }
    const times = file.versions.map(({ effectiveFrom }) => Date.parse(effectiveFrom));
    if (times.some((time, i) => i > 0 && time <= times[i - 1]!))
      context.addIssue({ code: 'custom', message: 'versions must be in order of effectiveFrom' });
  });

/** The carriers this installation serves, by name. */
export class Carriers {
  readonly #versions: ReadonlyMap<string, readonly CarrierProfile[]>;

  constructor(versions: ReadonlyMap<string, readonly CarrierProfile[]>) {
    this.#versions = versions;
  }

  get names(): string[] {
    return [...this.#versions.keys()];
  }

  has(carrier: string): boolean {
    return this.#versions.has(carrier);
  }

  /** All versions in order of time. Throws a RangeError for a carrier without a file. */
  versions(carrier: string): readonly CarrierProfile[] {
    const versions = this.#versions.get(carrier);
    if (!versions) throw new RangeError(`no carrier ${carrier}: carriers/${carrier}.json does not exist`);
    return versions;
  }

  /** The profile in force at `at` (epoch ms, default now). */
  profile(carrier: string, at = Date.now()): CarrierProfile {
    return profileAt(this.versions(carrier), at);
  }

  /** The carrier whose short code begins the address, if any: MO and receipts name it as their destination. */
  byAddress(address: string): string | undefined {
    return this.names.find((carrier) => address.startsWith(this.profile(carrier).shortCode));
  }
}

/** Reads and validates every `carriers/*.json`. Throws one error that names every fault. */
export function loadCarriers(folder = fileURLToPath(new URL('../carriers', import.meta.url))): Carriers {
  const faults: string[] = [];
  const carriers = new Map<string, CarrierProfile[]>();
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    try {
      const profiles = parseCarrier(readFileSync(`${folder}/${file}`, 'utf8'));
      carriers.set(profiles[0]!.carrier, profiles);
    } catch (error) {
      faults.push(`carriers/${file}: ${(error as Error).message}`);
    }
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return new Carriers(carriers);
}

/** Parses one carrier file's text into its versions. Throws an Error naming every fault. */
export function parseCarrier(text: string): CarrierProfile[] {
  const parsed = carrierFile.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { versions, ...common } = parsed.data;
  return versions.map((each) => ({ ...common, ...each }));
}

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
