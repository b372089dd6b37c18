/** Signals, queries and updates, and what they carry: ids and times, never people (architecture §1.4). */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { CancelOutcome, OrderOutcome } from './domain/subscription/state.ts';
import type { ResultsReport } from './domain/results-file.ts';

/** How an order or cancel reached us. */
export type Channel = 'sms' | 'web' | 'agent' | 'admin' | 'customer-service' | 'import';

interface SubscriptionCommand {
  /** The same request id never acts twice. */
  requestId: string;
  channel: Channel;
  /** Account id, or guardian id where the parent did it. */
  actor: string;
  /** The guardian whose phone orders, pays and gets the confirmation. */
  guardianId: string;
  /** ISO times: when it was said (the SMSC received it), when we learnt of it. */
  at: string;
  receivedAt: string;
  /** Where the proof is: the parent's text, a recorded slip with the date on it (`2026-03-05`). */
  evidence: { moId?: number; slip?: string; signedOn?: string };
}

export interface OrderCommand extends SubscriptionCommand {
  /** A package id of the carrier profile. */
  package: string;
  /** ISO: when the parent said yes to a fee notice, whose order counts from the trial's end. */
  saidAt?: string;
}

export interface CancelCommand extends SubscriptionCommand {
  /** `home-school` takes its gifts and family-phone along; `free` ends the gifts alone; `everything` all. */
  scope: 'home-school' | 'free' | 'everything' | (string & {});
}

/** What an order or cancel did, in one word: the texts and answers are chosen by it. */
export type SubscriptionOutcome = OrderOutcome | CancelOutcome;

export interface SubscriptionView {
  tenant: string;
  unit: string;
  state: 'none' | 'pending' | 'trial' | 'active' | 'cancelled';
  package: string | null;
  services: string[];
  since: string | null;
  outcome: SubscriptionOutcome;
}

/** An order or cancel for one billing unit (household or payer's guardian id, by profile.billingUnit). */
export type SubscriptionRequest = { tenant: string; unit: string } & (
  { action: 'order'; command: OrderCommand } | { action: 'cancel'; command: CancelCommand }
);

/** A command was decided that may have changed when something is due: which and what it did, for ops to read. */
export const commandDecided = defineSignal<[{ requestId?: string; outcome?: string }]>('command');

/** Of runs begun when the workflow took commands itself (docs/decisions/0001). */
export const orderUpdate = defineUpdate<SubscriptionView, [OrderCommand]>('order');
export const cancelUpdate = defineUpdate<SubscriptionView, [CancelCommand]>('cancel');

/** Progress of a teacher's message. */
export interface MessageCounts {
  queued: number;
  submitted: number;
  accepted: number;
  delivered: number;
  failed: number;
  suppressed: number;
}
export type MessageState = 'accepted' | 'waiting' | 'sending' | 'sent' | 'cancelled';
export const messageProgress = defineQuery<{ state: MessageState; counts: MessageCounts }>('progress');
export const cancelMessage = defineSignal('cancel');

/** A carrier link as ops see it. */
export interface CarrierLinkStatus {
  /** `stalled`: the SMSC is there and answers no submit. */
  state: 'connecting' | 'bound' | 'stalled' | 'paused' | 'draining' | 'disconnected';
  /** Segments a second, null: no limit of ours. */
  rate: number | null;
  window: number;
  inFlight: number;
  uncertain: number;
  /** The newest trouble, and when it was, ISO 8601: it stays when it is over. */
  lastError: string | null;
  /** When that was, ISO; missing in what older workers reported. */
  lastErrorAt?: string | null;
}
export const carrierLinkStatus = defineQuery<CarrierLinkStatus>('status');
export const pauseLink = defineSignal('pause');
export const resumeLink = defineSignal('resume');
export const drainLink = defineSignal('drain');
export const setLinkRate = defineSignal<[number | null]>('rate');
/** What the environment grants a link. */
export interface LinkConfiguration {
  /** Binds of the carrier: they share the phones out by their number. */
  links: number;
  /** Segments a second, null: no limit of ours. */
  rate: number | null;
}
export const configureLink = defineSignal<[LinkConfiguration]>('configure');
/** From the activity that owns the bind to its workflow. */
export const reportCarrierLink = defineSignal<[CarrierLinkStatus]>('report');

/** A reader link as ops see it. */
export interface ReaderLinkStatus {
  /** `stalled`: connected, and what comes can't be stored; `lastError` says why. */
  state: 'connecting' | 'connected' | 'stalled' | 'disconnected';
  received: number;
  quarantined: number;
  lastError: string | null;
}
export const readerLinkStatus = defineQuery<ReaderLinkStatus>('status');
/** From the activity that owns the session to its workflow. */
export const reportReaderLink = defineSignal<[ReaderLinkStatus]>('report');

/** A results file was uploaded, by its upload's id: answered with what reading it found. */
export const resultsUpdate = defineUpdate<ResultsReport, [string]>('results');

/** Something was said that may change what is next in a trial: the principal decided, a slip was recorded. */
export const trialLook = defineSignal('look');
