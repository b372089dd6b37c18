/**
 * What a carrier rules: prices, keywords, times (spec §4). Numbers are data in `carriers/*.json`, never constants in
 * code; every charge names the version it was decided by.
 */
export type Service = 'home-school' | 'safety-sms' | 'family-phone';

/** What a parent orders and pays. */
export interface Package {
  /** e.g. `home-school+safety-sms` or `home-school/year`. */
  id: string;
  /** In Chinese, as texts and bills name it. */
  name: string;
  services: Service[];
  /** Price in fen for `period`; 0 for gifts ordered alone. */
  fen: number;
  period: 'month' | 'year';
}

/** Words a parent texts, after normalising (spec §5); all but `mailbox` match exactly. The first of each is taught. */
export interface Codes {
  subscribe: string[];
  cancel: string[];
  cancelFree: string[];
  cancelAll: string[];
  query: string[];
  /** A prefix: what follows goes to the homeroom mailbox. */
  mailbox: string[];
}

export interface Keywords extends Codes {
  /**
   * What people say instead of a code of `cancelAll`, by what names they call all that they stop, and by what names its
   * parts: who wants to stop one of those is asked.
   */
  stop: { words: string[]; names: string[]; parts: string[] };
}

/** One version of a carrier's rules, in force from `effectiveFrom` until the next version. */
export interface CarrierProfile {
  carrier: string;
  /** Named by every charge, e.g. `gansu-2019-07`. */
  version: string;
  /** ISO time with offset. */
  effectiveFrom: string;
  name: string;
  /**
   * IANA zone of the carrier's civil time. For China `Etc/GMT-8`, which is +08:00 for ever (spec §2): `Asia/Shanghai` had
   * summer time until 1991.
   */
  zone: string;
  /** What its network may write before a subscriber's number: country codes, its own service prefixes. */
  numberPrefixes: string[];
  shortCode: string;
  /** Prefixes of the carrier's own numbers (号段识别). */
  onNetPrefixes: string[];
  /** Who is billed: the household (户) or each payer phone. */
  billingUnit: 'household' | 'payer';
  packages: Package[];
  /** What `subscribe` orders when nothing more is said. */
  defaultPackage: string;
  /** Services given free with every paid package. */
  gifts: Service[];
  keywords: Keywords;
  /** Months (1–12) in which service continues and nothing is charged (R5). */
  freeMonths: number[];
  /** R1: first orders from day `fromDay` 00:00 until day `untilDay` 00:00 may be cancelled free within `waiverHours`. */
  firstOrder: { fromDay: number; untilDay: number; waiverHours: number };
  /** R3: repeat orders from day `fromDay` 00:00 until day `untilDay` 00:00 are charged at once. */
  repeatOrder: { fromDay: number; untilDay: number };
  /** Cancelling after a charge leaves the fee standing. */
  feeStandsAfterCancel: boolean;
  /** R6: refund of a cancelled year = price × unused non-free months ÷ `paidMonths`, rounded down; null: no refund. */
  yearlyRefund: { paidMonths: number } | null;
  /** What a cancel that staff date back gives back above this, in fen, is looked at by a second person before. */
  staffRefundFen: number;
  /** Trial in months from the class's first SMS; null: none. */
  trial: { months: number; answerDays: number } | null;
}

/** The version in force at `at` (epoch ms); the earliest one for times before it. `versions` in order of time. */
export function profileAt(versions: readonly CarrierProfile[], at: number): CarrierProfile {
  // The earliest needs no look at its beginning, which would be a tenth of deciding a month.
  return versions.findLast((profile, i) => i === 0 || Date.parse(profile.effectiveFrom) <= at)!;
}

/**
 * The package as `profile` sells it or, where it no longer does, as it was sold last.
 * @throws RangeError when no version ever sold it
 */
export function packageSold(versions: readonly CarrierProfile[], profile: CarrierProfile, id: string): Package {
  const sold = (by: CarrierProfile) => by.packages.find((each) => each.id === id);
  const found = sold(profile) ?? sold(versions.findLast(sold) ?? profile);
  if (!found) throw new RangeError(`no version of ${profile.carrier} has a package ${id}`);
  return found;
}

/** Whether the phone is one of the carrier's own numbers. */
export function isOnNet(profile: CarrierProfile, phone: string): boolean {
  return profile.onNetPrefixes.some((prefix) => phone.startsWith(prefix));
}
