/** Bounds of a billing cycle, each with its reason. */
export const BILLING_OPTIONS = {
  /**
   * How long after the month's end its fees are cut. Every deciding instant of a month lies within it (R1's last is day
   * 24 00:00), so what can still change is a text the SMSC took then and delivers late; SMSCs keep texts for 48 h. What
   * comes later still is reversed (R8).
   */
  lateTextsHours: 48,
  /** Units of a chunk: one transaction, one insert; a page of events stays under a few MB. */
  chunkUnits: 5_000,
  /** Chunks of an activity: 100,000 units, so that ten million take a hundred activities of history. */
  chunksPerActivity: 20,
  /** Activities at a time: one waits for Postgres while the other decides. */
  parallel: 2,
  /** Earlier months looked at again for cancels that came late: a complaint takes a quarter at most. */
  revisitMonths: 3,
  /** How often a fee is asked for in all, once in each month's file: after a quarter it is a person's matter. */
  maxAttempts: 3,
  /** How long the results are waited for: the next month's file must know them. */
  resultsDays: 25,
};

export type BillingOptions = typeof BILLING_OPTIONS;
