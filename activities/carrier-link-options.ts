import type { SmppOptions } from '../infra/smpp/client.ts';
import type { SenderTimers } from './carrier-sender-options.ts';

/**
 * Long for a response, and short enough that outcomes, what is unsent and the unbind have their time too before a
 * worker is forced to stop (SHUTDOWN_FORCE_MS).
 */
export const DRAIN_MS = 2_500;

export interface CarrierLinkOptions {
  /** Timers and window of the connection. */
  smpp?: Partial<
    Pick<SmppOptions, 'window' | 'bindTimeoutMs' | 'responseTimeoutMs' | 'enquireEveryMs' | 'enquireTimeoutMs' | 'ca'>
  >;
  /** Back-off and retries. */
  sender?: SenderTimers;
  /** An idle queue is asked this often (default 50 ms: from swipe to submit stays far below a second). */
  pollMs?: number;
  /** What is in flight has this long for its response when the link stops (default DRAIN_MS). */
  drainMs?: number;
  /** Between a connection's end and the next: doubles from the first to the second (default 500 ms to 15 s). */
  reconnectMs?: [first: number, longest: number];
  /** Lease, status and steering, and sweep (default 1 s, 2 s). */
  reportMs?: number;
  sweepMs?: number;
}
