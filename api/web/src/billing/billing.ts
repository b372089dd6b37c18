/** A month of a carrier that is being charged, or was. */
export interface Run {
  tenant: string;
  month: string;
  state: string;
  startedAt: string;
  chargedAt: string | null;
  chunks: number;
  chunksCharged: number;
  arrears: number;
  /** In fen. */
  balance: { charges: number; reversals: number; fileLines: number; held: number; balanced: boolean } | null;
  files: ChargeFile[];
}

/** What the carrier was told to collect. */
export interface ChargeFile {
  id: number;
  lines: number;
  fen: number;
  answered: boolean;
}
