import type { SmppClient } from '../infra/smpp/client.ts';
import type { TokenBucket } from '../infra/smpp/token-bucket.ts';
import type { PartOutcome } from './carrier-record.ts';

/** What a sender is made of. */
export interface SenderParts {
  client: SmppClient;
  bucket: TokenBucket;
  /** Takes what became of a part. */
  record: (outcome: PartOutcome) => void;
  /** Every part of these many texts of the batch has its outcome. */
  settled: (batchId: number, texts: number) => void;
  /** Something is wrong with the SMSC or a text, in words. */
  trouble: (reason: string) => void;
  /** Told at each text that leaves: more may be wanted. */
  refill?: () => void;
  /** Whether the link is surely still ours; asked before anything leaves. */
  isOurs?: () => boolean;
  /** Whether ops want nothing sent, also of what is claimed: what waits for a retry may be thousands. */
  isPaused?: () => boolean;
  /** The last connection stalled: this one begins with one submit at a time. */
  careful?: boolean;
}

/** How it behaves. */
export interface SenderTimers {
  /** The pause after RTHROTTLED or RMSGQFUL: doubles each time in a row (default 50 ms to 2 s: room is found soon). */
  backoffMs?: number;
  maxBackoffMs?: number;
  /** The same while the SMSC is ill (default 500 ms to 30 s). */
  illBackoffMs?: number;
  maxIllBackoffMs?: number;
  /** A part refused for now waits this long, doubled each time (default 1 s to a minute) … */
  retryMs?: number;
  maxRetryMs?: number;
  /** … until it has waited this long in all; then it is refused for good (default 10 minutes). */
  retryForMs?: number;
  /** A text that was last asked about longer ago is asked about again before it leaves (default 5 s). */
  permittedForMs?: number;
  /** An SMSC that answers no submit has this long for late responses (default 10 s); then the connection ends. */
  stallGraceMs?: number;
}

export type SenderOptions = SenderParts & SenderTimers;

export const DEFAULTS = {
  ...{ backoffMs: 50, maxBackoffMs: 2_000, illBackoffMs: 500, maxIllBackoffMs: 30_000 },
  ...{ retryMs: 1_000, maxRetryMs: 60_000, retryForMs: 10 * 60_000, stallGraceMs: 10_000 },
  permittedForMs: 5_000,
  ...{ careful: false, isOurs: () => true, isPaused: () => false, refill: () => undefined },
};
