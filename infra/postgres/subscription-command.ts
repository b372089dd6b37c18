/**
 * Orders, cancels and what happens to a subscription by itself, each decided in one transaction: events, row, the lines
 * of the ledger that are due by it, the one text that answers, and when something next happens by itself. Whoever hears
 * a command calls it and waits for nobody; the unit's workflow is its clock (docs/decisions/0001).
 */
import type { Carriers } from '../carriers.ts';
import type {
  CancelCommand,
  OrderCommand,
  SubscriptionOutcome,
  SubscriptionRequest,
  SubscriptionView,
} from '../../workflows/contracts.ts';
import { chargeEvent } from '../../workflows/domain/billing-decision.ts';
import { isOnNet, type CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import { nextChargeAt, whatIsDue } from '../../workflows/domain/charging.ts';
import { startOfDay } from '../../workflows/domain/civil-time.ts';
import { decideLateCancel, decideLateOrder, type SaidBefore } from '../../workflows/domain/late-commands.ts';
import {
  decideCancel,
  decideOrder,
  endOfYear,
  isOwnConsent,
  isYear,
  withDueChange,
  type Decision,
  type SubscriptionState,
} from '../../workflows/domain/ordering.ts';
import { slipSaidAt } from '../../workflows/domain/slip.ts';
import { asItStands, withPaid } from '../../workflows/domain/standing.ts';
import { answerText, yearOverText, type AnswerFacts } from '../../workflows/domain/subscription-texts.ts';
import { subscriptionId } from '../../workflows/ids.ts';
import { eventRowsOfUnits } from './charge-events.ts';
import { collectedOf } from './billing-ledger.ts';
import { settleUnit, type Settled } from './charge-units.ts';
import { enqueueSms, suppressSms } from './outbox.ts';
import { addPending, donePending, type Pending } from './pending.ts';
import { tellPayer } from './payer-answer.ts';
import type { Db } from './pool.ts';
import { memberOf } from './subscribers.ts';
import {
  isUnaware,
  lockUnit,
  readDue,
  readRequest,
  readSaid,
  readSubscription,
  wasAskedForConsent,
  wasOffered,
  writeDue,
  writeEvents,
  writeRequest,
  writeSubscription,
} from './subscriptions.ts';
import { cancelCountsFrom } from './trial-answers.ts';

interface Unit {
  tenant: string;
  unit: string;
}

/** What a command did. */
export interface Commanded {
  view: SubscriptionView;
  /** Whether a text answers it. */
  answered: boolean;
  /** When something next happens to the unit by itself (epoch ms); null: nothing. */
  dueAt: number | null;
  /** That the unit's workflow is to be told, once this is committed; null: nothing is otherwise than it was. */
  pending: Pending | null;
}

/** A command that can never be carried out, however often it is asked: it names people or requests of another unit. */
export class CommandRefused extends Error {
  override name = 'CommandRefused';
}

/** What nobody asked for is not texted at midnight, when months begin. */
const YEAR_OVER_TEXT_HOUR = 8;
const HOUR_MS = 3_600_000;

/**
 * Decides and records an order or cancel, in the caller's transaction; asked again by the same request id, it answers
 * what it answered before.
 * @param often the phone was answered often enough: where the command changes nothing, no text says so
 * @throws CommandRefused for a guardian who isn't of the unit, or a request id of another unit
 */
export async function commandSubscription(
  db: Db,
  carriers: Carriers,
  request: SubscriptionRequest,
  { often = false } = {},
): Promise<Commanded> {
  const { tenant, unit } = request;
  await lockUnit(db, tenant, unit);
  const asSaid = request.command;
  const at = request.action === 'cancel' ? await cancelCountsFrom(db, tenant, unit, asSaid.at) : asSaid.at;
  const command = { ...asSaid, at };
  const answered = await readRequest(db, tenant, command.requestId);
  if (answered) {
    if (answered.unit !== unit) throw new CommandRefused('the request id was used for another unit');
    return { view: answered.view, answered: true, dueAt: await readDue(db, tenant, unit), pending: null };
  }
  const profile = carriers.profile(tenant, Date.parse(at));
  const phone = await phoneOfUnit(db, { tenant, unit }, command.guardianId, profile);
  const decided = await decide(db, carriers, request, command, phone);
  const untold = await whyUntold(db, request, decided, often);
  await writeEvents(db, tenant, unit, command, decided.events);
  const settled = await settle(db, carriers, { tenant, unit }, decided.state, instantOf(command));
  const { dueAt, changed } = settled;
  const decision = asItStands(decided, settled.state);
  const view = viewOf(tenant, unit, decision);
  await writeRequest(db, command.requestId, view);
  const chargedAt = nextChargeAt(settled.events, carriers.versions(tenant), Date.parse(at));
  const returned = await returnedBy(db, settled);
  await tell(db, command, { tenant, unit, phone, profile, decision, untold, chargedAt, returned });
  await tellPayer(db, { tenant, unit }, command, decision, profile);
  const isAnswered = untold === undefined;
  const isNews = changed || decision.events.some(({ unchanged }) => !unchanged);
  if (!isNews) return { view, answered: isAnswered, dueAt, pending: null };
  const detail = { requestId: command.requestId, outcome: view.outcome };
  const pending: Pending = { kind: 'subscription', tenant, key: unit, detail };
  await addPending(db, pending);
  return { view, answered: isAnswered, dueAt, pending };
}

/**
 * Makes so what is due of the unit by `now` (epoch ms), in the caller's transaction: a first order's fee, a change of
 * bundle, a year's end. What its workflow was to be told, it knows after that.
 * @returns when something next happens by itself (epoch ms); null: nothing
 */
export async function lookAtUnit(
  db: Db,
  carriers: Carriers,
  { tenant, unit, now }: Unit & { now: number },
): Promise<number | null> {
  await lockUnit(db, tenant, unit);
  await donePending(db, { kind: 'subscription', tenant, key: unit });
  const { state } = await stateAt(db, carriers, { tenant, unit }, now, carriers.profile(tenant, now));
  return (await settle(db, carriers, { tenant, unit }, state, now)).dueAt;
}

/** When a command counts at the latest (epoch ms): an SMSC's clock may be ahead of ours. */
function instantOf({ at, receivedAt }: { at: string; receivedAt: string }): number {
  return Math.max(Date.parse(at), Date.parse(receivedAt));
}

async function decide(
  db: Db,
  carriers: Carriers,
  request: SubscriptionRequest,
  { at: said }: OrderCommand | CancelCommand,
  phone: string,
): Promise<Decision<SubscriptionOutcome>> {
  const { tenant, unit } = request;
  const at = Date.parse(said);
  const profile = carriers.profile(tenant, at);
  const { state, isLastMonth: lastMonth } = await stateAt(db, carriers, { tenant, unit }, at, profile);
  const before: SaidBefore = await readSaid(db, tenant, unit);
  if (request.action === 'cancel') {
    const cancel = { scope: request.command.scope, at };
    return decideLateCancel(state, cancel, before, profile) ?? decideCancel(state, cancel, profile);
  }
  const { command } = request;
  const isAwaited = state.state === 'pending' || state.waiting !== null;
  const order = {
    ...{ package: command.package, channel: command.channel, payer: command.guardianId, at, lastMonth },
    slip: command.evidence.slip !== undefined,
    signedAt: signedAt(command, profile),
    unaware: isAwaited && (await isUnaware(db, { ...command, tenant, unit })),
    offered:
      isAwaited && (await wasOffered(db, { tenant, unit, requestId: command.requestId, phone, at: new Date(at) })),
  };
  return (
    decideLateOrder(state, order, before) ?? decideOrder(state, order, profile, { onNet: isOnNet(profile, phone) })
  );
}

/** When the slip of an order was signed (epoch ms); null: nobody knows, or there is none. */
function signedAt({ at, evidence: { signedOn } }: OrderCommand, { zone }: CarrierProfile): number | null {
  return signedOn === undefined ? null : slipSaidAt({ answer: 'yes', signedOn }, Date.parse(at), zone);
}

/** Why a command is not answered by a text: who waits for a consent is asked once a day, however often somebody orders. */
async function whyUntold(
  db: Db,
  { tenant, unit, command }: SubscriptionRequest,
  { outcome }: Decision<SubscriptionOutcome>,
  often: boolean,
): Promise<string | undefined> {
  if (outcome === 'pending-consent' && !isOwnConsent(command.channel) && (await wasAskedForConsent(db, tenant, unit)))
    return 'asked for consent within the last day';
  return often && outcome === 'not-subscribed' ? 'answered often enough this hour' : undefined;
}

/** Whom a command's outcome is told, and what belongs to it. */
interface Telling extends Unit, Omit<AnswerFacts, 'asked'> {
  phone: string;
  profile: CarrierProfile;
  decision: Decision<SubscriptionOutcome>;
  untold: string | undefined;
}

/** Queues the text that answers, or records why there is none. */
async function tell(
  db: Db,
  command: OrderCommand | CancelCommand,
  { tenant, unit, phone, profile, decision, untold, ...facts }: Telling,
): Promise<void> {
  const text = {
    origin: `subscription/${command.requestId}/answer`,
    ...{ tenant, workflowId: subscriptionId(tenant, unit), kind: 'answer' as const, phone },
    guardianId: command.guardianId,
  };
  if (untold !== undefined) return suppressSms(db, [{ ...text, reason: untold }]);
  const asked = 'package' in command ? command.package : undefined;
  const body = answerText(decision, profile, { asked, ...facts });
  await enqueueSms(db, [{ ...text, source: profile.shortCode, body }]);
}

/** What a command gave back; it is paid out where the carrier had collected the fee. */
async function returnedBy(db: Db, { returned }: Settled): Promise<AnswerFacts['returned']> {
  const fen = returned.reduce((sum, each) => sum + each.fen, 0);
  if (fen === 0) return null;
  const collected = await collectedOf(
    db,
    returned.map(({ feeId }) => feeId),
  );
  return { fen, collected: collected.size > 0 };
}

/** Makes the ledger, the row and the time of the next deadline say what is so by `now`, of a unit that is in `state`. */
async function settle(
  db: Db,
  carriers: Carriers,
  { tenant, unit }: Unit,
  decided: SubscriptionState,
  now: number,
): Promise<Settled & { state: SubscriptionState; dueAt: number | null; changed: boolean }> {
  const versions = carriers.versions(tenant);
  // What the clock has made so already stays so, also where a command waited longer than that.
  const by = Math.max(now, decided.since ?? now);
  const settled = await settleUnit(db, unit, { tenant, now: by, workflowId: subscriptionId(tenant, unit), versions });
  const { paid, dueAt } = settled.upcoming;
  const state = paid ? withPaid(decided, paid, versions, carriers.profile(tenant, now)) : decided;
  await writeSubscription(db, tenant, unit, state);
  const next = earliest(dueAt, state);
  return { ...settled, state, dueAt: next, changed: await writeDue(db, tenant, unit, next) };
}

function earliest(dueAt: number | null, { next }: SubscriptionState): number | null {
  return next ? Math.min(dueAt ?? next.from, next.from) : dueAt;
}

/** The subscription as it is at `at`, with what happened to it by itself, and whether that is a paid year's last month. */
async function stateAt(
  db: Db,
  carriers: Carriers,
  unit: Unit,
  at: number,
  profile: CarrierProfile,
): Promise<{ state: SubscriptionState; isLastMonth: boolean }> {
  const state = withDueChange(await readSubscription(db, unit.tenant, unit.unit), at, profile);
  if (!isYear(state, profile)) return { state, isLastMonth: false };
  const events = await eventRowsOfUnits(db, unit.tenant, [unit.unit]);
  const { yearOverAt, isLastMonth } = whatIsDue(events.map(chargeEvent), carriers.versions(unit.tenant), at);
  if (yearOverAt === null) return { state, isLastMonth };
  await recordYearOver(db, unit, state, yearOverAt, profile);
  return { state: endOfYear(state, yearOverAt), isLastMonth: false };
}

/** A payer who has left the household, or is gone, is told nothing of its year, and the year ends all the same. */
async function recordYearOver(
  db: Db,
  { tenant, unit }: Unit,
  { package: ended, payer }: SubscriptionState,
  at: number,
  profile: CarrierProfile,
): Promise<void> {
  const workflowId = subscriptionId(tenant, unit);
  const requestId = `year-over/${unit}/${at}`;
  const instant = new Date(at).toISOString();
  const cause = { requestId, channel: 'system' as const, actor: workflowId, guardianId: payer!, evidence: {} };
  await writeEvents(db, tenant, unit, { ...cause, at: instant, receivedAt: instant }, [
    { type: 'expire', package: ended! },
  ]);
  const text = {
    origin: `subscription/${requestId}`,
    ...{ tenant, workflowId, kind: 'notice' as const, guardianId: payer! },
  };
  const member = await memberOf(db, { tenant, unit }, payer, profile);
  if (!member?.isOfUnit)
    return suppressSms(db, [{ ...text, phone: member?.phone ?? '', reason: 'the payer is no longer of the family' }]);
  await enqueueSms(db, [
    {
      ...text,
      ...{ phone: member.phone, source: profile.shortCode, body: yearOverText(ended!, profile) },
      notBefore: new Date(startOfDay(at, profile.zone) + YEAR_OVER_TEXT_HOUR * HOUR_MS),
    },
  ]);
}

async function phoneOfUnit(db: Db, unit: Unit, guardian: string, profile: CarrierProfile): Promise<string> {
  const member = await memberOf(db, unit, guardian, profile);
  if (!member?.isOfUnit) throw new CommandRefused(`guardian ${guardian} is not of unit ${unit.unit}`);
  return member.phone;
}

function viewOf(tenant: string, unit: string, { outcome, state }: Decision<SubscriptionOutcome>): SubscriptionView {
  return {
    ...{ tenant, unit, outcome },
    ...{ state: state.state, package: state.package, services: state.services },
    since: state.since === null ? null : new Date(state.since).toISOString(),
  };
}
