import type { Package } from '../carriers.ts';
import { request } from '../request.ts';
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

export interface Known {
  subscription: Subscription;
  charges: Charge[];
}

interface Pack {
  carriers: { subscriber: Subscription; charges: Charge[] }[];
}

/** Where the phone's complaint pack is. */
export function packPath(phone: string): string {
  return `/api/v1/subscribers/${phone}/complaint-pack`;
}

/** All that is known of a phone, one entry for each carrier. Throws a Refusal. */
export async function lookUp(phone: string): Promise<Known[]> {
  const [{ subscriptions }, { carriers }] = await Promise.all([
    request<{ subscriptions: Subscription[] }>('GET', `/api/v1/subscribers/${phone}`),
    request<Pack>('GET', packPath(phone)),
  ]);
  return subscriptions.map((subscription) => ({
    subscription,
    charges:
      carriers.find(({ subscriber: { tenant, unit } }) => tenant === subscription.tenant && unit === subscription.unit)
        ?.charges ?? [],
  }));
}
