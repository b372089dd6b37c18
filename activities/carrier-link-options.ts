import type { SmppOptions } from '../infra/smpp/client.ts';
import type { SenderTimers } from './carrier-sender-options.ts';

export interface CarrierLinkOptions {
  /** Timers and window of the connection. */
  smpp?: Partial<
    Pick<SmppOptions, 'window' | 'bindTimeoutMs' | 'responseTimeoutMs' | 'enquireEveryMs' | 'enquireTimeoutMs' | 'ca'>
  >;
  /** Back-off and retries. */
  sender?: SenderTimers;
  /** An idle queue is asked this often (default 50 ms: from swipe to submit stays far below a second). */
  pollMs?: number;
  /** What is in flight has this long for its response when the link stops (default 5 s: less than a pod's grace). */
  drainMs?: number;
  /** Between a connection's end and the next: doubles from the first to the second (default 500 ms to 15 s). */
  reconnectMs?: [first: number, longest: number];
  /** Status, steering and sweep (default 1 s, 2 s). */
  reportMs?: number;
  sweepMs?: number;
}
