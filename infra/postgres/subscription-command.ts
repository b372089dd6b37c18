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
import { isOnNet, type CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import { nextChargeAt } from '../../workflows/domain/charging.ts';
import { startOfDay } from '../../workflows/domain/civil-time.ts';
import { slipSaidAt } from '../../workflows/domain/slip.ts';
import { decideCancel, decideOrder } from '../../workflows/domain/subscription/decide.ts';
import { foldUnit } from '../../workflows/domain/subscription/fold.ts';
import type { UnitLog } from '../../workflows/domain/subscription/log.ts';
import { awaitedOf, isOwnConsent, type Decision } from '../../workflows/domain/subscription/state.ts';
import { answerText, yearOverText, type AnswerFacts } from '../../workflows/domain/subscription-texts.ts';
import { subscriptionId } from '../../workflows/ids.ts';
import { collectedOf } from './billing-ledger.ts';
import { settleUnit, type Settled } from './charge-units.ts';
import { enqueueSms, suppressSms } from './outbox.ts';
import { addPending, donePending, type Pending } from './pending.ts';
import { tellPayer } from './payer-answer.ts';
import type { Db } from './pool.ts';
import { memberOf } from './subscribers.ts';
import {
  lockUnit,
  readDue,
  readRequest,
  wasAskedForConsent,
  wasOffered,
  writeDue,
  writeEvents,
  writeRequest,
  writeSubscription,
} from './subscriptions.ts';
import { readLog } from './unit-log.ts';

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
  const { command } = request;
  const answered = await readRequest(db, tenant, command.requestId);
  if (answered) {
    if (answered.unit !== unit) throw new CommandRefused('the request id was used for another unit');
    return { view: answered.view, answered: true, dueAt: await readDue(db, tenant, unit), pending: null };
  }
  const at = Date.parse(command.at);
  const profile = carriers.profile(tenant, at);
  const phone = await phoneOfUnit(db, { tenant, unit }, command.guardianId, profile);
  const { saidAt, ...decision } = await decide(db, carriers, request, phone);
  const untold = await whyUntold(db, request, decision, often);
  await writeEvents(db, tenant, unit, { ...command, saidAt }, decision.events);
  const settled = await settle(db, carriers, { tenant, unit }, Math.max(at, Date.parse(command.receivedAt)));
  const { dueAt, changed } = settled;
  const view = viewOf(tenant, unit, decision);
  await writeRequest(db, command.requestId, view);
  const chargedAt = nextChargeAt(settled.events, carriers.versions(tenant), at);
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
  return (await settle(db, carriers, { tenant, unit }, now)).dueAt;
}

async function decide(
  db: Db,
  carriers: Carriers,
  request: SubscriptionRequest,
  phone: string,
): Promise<Decision<SubscriptionOutcome> & { saidAt: number | undefined }> {
  const { tenant, unit, command } = request;
  const versions = carriers.versions(tenant);
  const log = await readLog(db, tenant, unit);
  const at = Date.parse(command.at);
  const said = {
    unit,
    payer: command.guardianId,
    channel: command.channel,
    at,
    receivedAt: Date.parse(command.receivedAt),
  };
  if (request.action === 'cancel') {
    const decision = decideCancel(log, { ...said, scope: request.command.scope }, versions);
    return { ...decision, saidAt: undefined };
  }
  const profile = carriers.profile(tenant, at);
  const order = {
    ...said,
    package: request.command.package,
    saidAt: saidAtOf(request.command, profile),
    slip: command.evidence.slip !== undefined && !isOwnConsent(command.channel),
    offered: await isOffered(db, carriers, request, phone, log),
    onNet: isOnNet(profile, phone),
  };
  return { ...decideOrder(log, order, versions), saidAt: order.saidAt };
}

/** When the word was given of an order that counts later (epoch ms): a slip's date, -Infinity where it bears none. */
function saidAtOf(
  { at, saidAt, evidence: { slip, signedOn } }: OrderCommand,
  { zone }: CarrierProfile,
): number | undefined {
  if (slip === undefined) return saidAt === undefined ? undefined : Date.parse(saidAt);
  return signedOn === undefined ? -Infinity : slipSaidAt({ answer: 'yes', signedOn }, Date.parse(at), zone);
}

/** Whether what waits for the parent's consent was offered to the phone when the parent spoke. */
async function isOffered(
  db: Db,
  carriers: Carriers,
  { tenant, unit, command }: SubscriptionRequest,
  phone: string,
  log: UnitLog,
): Promise<boolean> {
  const at = Date.parse(('saidAt' in command && command.saidAt) || command.at);
  const { state } = foldUnit(log, carriers.versions(tenant), at);
  return awaitedOf(state) !== null && wasOffered(db, { tenant, unit, phone, at: new Date(at) });
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

/** Makes the ledger, the row and the time of the next deadline say what is so by `now` (epoch ms). */
async function settle(
  db: Db,
  carriers: Carriers,
  { tenant, unit }: Unit,
  now: number,
): Promise<Settled & { dueAt: number | null; changed: boolean }> {
  const versions = carriers.versions(tenant);
  const settled = await settleUnit(db, unit, { tenant, now, workflowId: subscriptionId(tenant, unit), versions });
  const { state, upcoming } = settled;
  await writeSubscription(db, tenant, unit, state);
  const { yearOver, dueAt } = upcoming;
  const isTold = settled.events.some(({ type, at }) => type === 'expire' && at === yearOver?.at);
  if (yearOver && !isTold) await recordYearOver(db, { tenant, unit }, yearOver, carriers.profile(tenant, now));
  return { ...settled, dueAt, changed: await writeDue(db, tenant, unit, dueAt) };
}

/** A payer who has left the household, or is gone, is told nothing of its year, and the year ends all the same. */
async function recordYearOver(
  db: Db,
  { tenant, unit }: Unit,
  { at, package: ended, payer }: NonNullable<Settled['upcoming']['yearOver']>,
  profile: CarrierProfile,
): Promise<void> {
  const workflowId = subscriptionId(tenant, unit);
  const requestId = `year-over/${unit}/${at}`;
  const instant = new Date(at).toISOString();
  const cause = { requestId, channel: 'system' as const, actor: workflowId, guardianId: payer, evidence: {} };
  await writeEvents(db, tenant, unit, { ...cause, at: instant, receivedAt: instant }, [
    { type: 'expire', package: ended },
  ]);
  const text = {
    origin: `subscription/${requestId}`,
    ...{ tenant, workflowId, kind: 'notice' as const, guardianId: payer },
  };
  const member = await memberOf(db, { tenant, unit }, payer, profile);
  if (!member?.isOfUnit)
    return suppressSms(db, [{ ...text, phone: member?.phone ?? '', reason: 'the payer is no longer of the family' }]);
  await enqueueSms(db, [
    {
      ...text,
      ...{ phone: member.phone, source: profile.shortCode, body: yearOverText(ended, profile) },
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
