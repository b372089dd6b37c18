import type { Package } from '../carriers.ts';
import type { Wording } from '../words.tsx';
import type { Workflow } from '../workflow-link.tsx';

/** What a phone has with one carrier. */
export interface Subscription {
  tenant: string;
  unit: string;
  state: string;
  package: Package | null;
  services: string[];
  since: string | null;
  arrears: {
    chargeId: number;
    month: string;
    fen: number;
    attempt: number;
    reason: string;
    retryMonth: string | null;
  }[];
  next: { what: string; at: string | null; text: Wording }[];
}

/** A fee or what was given back of it, with words to read out. */
export interface Charge {
  id: number;
  month: string;
  kind: 'fee' | 'reversal';
  package: { name: string };
  fen: number;
  rule: string;
  profileVersion: string;
  decidedAt: string;
  /** By what they did. */
  workflows: Record<string, Workflow>;
  text: Wording;
}

/** Where the API keeps what it knows of a phone. */
export function subscriberPath(phone: string): string {
  return `/api/v1/subscribers/${phone}`;
}
