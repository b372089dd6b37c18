import { WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Carriers } from '../infra/carriers.ts';
import * as conversation from '../infra/postgres/conversation.ts';
import { inTransaction, type Db, type Pool } from '../infra/postgres/pool.ts';
import { executeSubscriptionCommand } from '../infra/temporal/subscription-client.ts';
import type { CancelCommand, SubscriptionView } from '../workflows/contracts.ts';
import * as routing from '../workflows/domain/routing.ts';
import { inboundSmsId } from '../workflows/ids.ts';
import { answerRoute, type Incoming } from './inbound-sms-answers.ts';
import { answerTrial, trialOf } from './inbound-trial.ts';

export interface InboundSmsDeps {
  pool: Pool;
  carriers: Carriers;
  /** Reaches the subscription workflows. */
  client: Client;
}

/** What a parent may do to a subscription by keyword. */
export type SubscriptionKeyword = Extract<routing.Route, { to: 'subscription' }>['command'];

/** What is still to be done for a text. */
interface Routed {
  command: SubscriptionKeyword | null;
  trialId?: string;
}

const SCOPE: Record<Exclude<SubscriptionKeyword, 'subscribe'>, CancelCommand['scope']> = {
  cancel: 'home-school',
  'cancel-free': 'free',
  'cancel-all': 'everything',
};

/** What a text to the short code does. Only ids go in and out. */
export function createInboundSmsActivities({ pool, carriers, client }: InboundSmsDeps) {
  return { routeInboundSms, runSubscriptionKeyword, recordUnanswered };

  /**
   * Routes a text and does what its route asks, in one transaction with the record of it; a second run finds the record
   * and does nothing. Orders and cancels are only named: they are runSubscriptionKeyword's.
   * @returns `trialId`: the trial it may have answered, which may have something else to do next
   */
  async function routeInboundSms({ moId }: { moId: number }): Promise<Routed> {
    return inTransaction(pool, async (db) => {
      const mo = await lockMo(db, moId);
      const incoming = await meet(db, mo);
      const trial = await trialOf(db, incoming);
      if (mo.isRouted) return { command: null, ...(trial && { trialId: trial.trialId }) };
      const route = routing.routeText({ ...(await factsOf(db, incoming)), trial });
      if (route.to === 'subscription') return { command: route.command };
      const outcome =
        route.to === 'trial'
          ? await answerTrial(db, incoming, trial!, route.answer)
          : await answerRoute(db, incoming, route);
      // A yes to a trial that is over is an order like any other.
      if (!outcome) return { command: 'subscribe' };
      await conversation.recordOutcome(db, moId, outcome, incoming.workflowId);
      return { command: null, ...(route.to === 'trial' && { trialId: trial!.trialId }) };
    });
  }

  /**
   * Orders or cancels for the parent's billing unit. The subscription texts the answer, whatever the outcome, in the
   * transaction of its own rows; the request id makes a second run the same request.
   */
  async function runSubscriptionKeyword({
    moId,
    command,
  }: {
    moId: number;
    command: SubscriptionKeyword;
  }): Promise<void> {
    const [{ mo, guardian, profile, workflowId }, trial] = await inTransaction(pool, async (db) => {
      const incoming = await meet(db, await lockMo(db, moId));
      return [incoming, command === 'subscribe' ? await trialOf(db, incoming) : undefined] as const;
    });
    if (!guardian) throw ApplicationFailure.nonRetryable(`the guardian of text ${moId} is gone`, 'UnknownGuardian');
    const unit = routing.billingUnitOf(profile, guardian);
    const request = {
      requestId: `mo-${moId}`,
      channel: 'sms' as const,
      actor: guardian.id,
      guardianId: guardian.id,
      // A trial is never charged: a yes is ordered at its end (spec §6), also one heard after its close.
      // One that has begun since the text was routed has nothing to do with it.
      at: new Date(Math.max(mo.receivedAt.getTime(), trial?.closed ? trial.endsAt.getTime() : 0)).toISOString(),
      receivedAt: mo.storedAt.toISOString(),
      evidence: { moId },
    };
    const { tenant } = mo;
    const view = await refusalIsFinal(
      command === 'subscribe'
        ? executeSubscriptionCommand(client, {
            ...{ tenant, unit, action: 'order' },
            command: { ...request, package: profile.defaultPackage },
          })
        : executeSubscriptionCommand(client, {
            ...{ tenant, unit, action: 'cancel' },
            command: { ...request, scope: SCOPE[command] },
          }),
    );
    await conversation.recordOutcome(pool, moId, { route: command, answered: true, reason: view.outcome }, workflowId);
  }

  /** Records that an order or cancel found no ear, so that the text is in nobody's blind spot. */
  async function recordUnanswered({ moId, command }: { moId: number; command: SubscriptionKeyword }): Promise<void> {
    await inTransaction(pool, async (db) => {
      const mo = await lockMo(db, moId);
      const outcome = { route: command, answered: false, reason: 'the subscription did not take it: for an operator' };
      await conversation.recordOutcome(db, moId, outcome, inboundSmsId(mo.tenant, mo.hash));
    });
  }

  async function meet(db: Db, mo: conversation.Mo): Promise<Incoming> {
    const guardian = await conversation.findGuardian(db, mo);
    return {
      mo,
      guardian,
      children: guardian ? await conversation.childrenOf(db, guardian.id) : [],
      profile: carriers.profile(mo.tenant, mo.receivedAt.getTime()),
      workflowId: inboundSmsId(mo.tenant, mo.hash),
    };
  }
}

async function lockMo(db: Db, moId: number) {
  const mo = await conversation.lockMo(db, moId);
  if (!mo) throw ApplicationFailure.nonRetryable(`no text ${moId}`, 'UnknownText');
  return mo;
}

async function factsOf(db: Db, { mo, guardian, children, profile }: Incoming): Promise<routing.RoutingFacts> {
  const { shortCode, keywords } = profile;
  const extension = routing.extensionOf(mo.destination, shortCode) ?? '';
  const addressed = routing.threadOf(extension);
  const sources = await conversation.recentSources(db, mo, shortCode, routing.CONVERSATION_MS);
  const recent = sources
    .map((source) => routing.threadOf(source.slice(shortCode.length)))
    .filter((id) => id !== undefined);
  const question = await conversation.openQuestion(db, mo, routing.CHOICE_VALID_MS);
  return {
    keywords,
    body: mo.body,
    extension,
    knownGuardian: guardian !== undefined,
    children,
    choices: question?.studentIds.length,
    addressedThread: addressed === undefined ? undefined : (await conversation.openThreads(db, mo, [addressed]))[0],
    recentThreads: await conversation.openThreads(db, mo, recent),
  };
}

/** A refused update is refused at every retry; anything else passes. */
async function refusalIsFinal(request: Promise<SubscriptionView>): Promise<SubscriptionView> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    throw ApplicationFailure.create({ message: error.message, type: 'Refused', nonRetryable: true, cause: error });
  }
}
