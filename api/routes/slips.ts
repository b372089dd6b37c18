import { z } from 'zod';
import type { Account } from '../../infra/postgres/accounts.ts';
import { enqueueSms } from '../../infra/postgres/outbox.ts';
import { addPending } from '../../infra/postgres/pending.ts';
import { inTransaction, type Db } from '../../infra/postgres/pool.ts';
import { claimSlip } from '../../infra/postgres/slips.ts';
import { phoneOfGuardian, subscribersByPhone, type Subscriber } from '../../infra/postgres/subscribers.ts';
import { findFamily, findOpenTrial, recordAnswer, unansweredUnits } from '../../infra/postgres/trial-answers.ts';
import type { Trial } from '../../infra/postgres/trials.ts';
import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import { billingUnitOf } from '../../workflows/domain/routing.ts';
import { signedOnFault, slipSaidAt, slipText } from '../../workflows/domain/slip.ts';
import { trialPeriodId } from '../../workflows/ids.ts';
import { phone, signedOn, slipNumber } from '../fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { notKnown } from '../sight.ts';
import { pendingOf, trialPath, visibleTrial, type TrialRoutesDeps } from './trials.ts';

const slip = z
  .strictObject({
    phone,
    answer: z.enum(['yes', 'no'], { error: 'must be yes or no' }),
    package: z.string().min(1).max(100).optional().meta({ description: 'What the family ticked; the usual if unset.' }),
    slip: slipNumber.meta({
      description: 'By what the paper is found again: one family’s. Recorded again it replaces what it said.',
    }),
    signedOn,
  })
  .meta({ id: 'Slip' });

/** A slip as it is to be recorded. */
interface Recorded {
  trial: Trial;
  profile: CarrierProfile;
  versions: readonly CarrierProfile[];
  body: z.output<typeof slip>;
  subscriber: Subscriber;
  account: Account;
  requestId: string;
  /** When it counts as said. */
  at: Date;
}

/** What families wrote on the slips of notice 1 (spec §7.4). */
export function slipRoutes({ pool, starter, carriers }: TrialRoutesDeps): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/trials/:id/slips',
      operationId: 'recordSlip',
      summary:
        'Record a returned slip, and tell the phone; a yes is ordered at the later of its date and the trial’s end',
      may: 'trials:record-slip',
      params: trialPath,
      body: slip,
      idempotent: true,
      audit: ({ body: { phone: of } }) => ({ phone: of }),
      replies: { 202: { description: 'Recorded.', schema: z.object({ units: z.array(z.string()) }) } },
      problems: {
        404: 'No such trial, or the phone is not known.',
        409: 'The family is not waiting for an answer, or the paper is another family’s.',
      },
      async handle({ params: { id }, body, requestKey, askedAt }, account, sight) {
        const trial = await visibleTrial(pool, sight, id);
        const profile = carriers.profile(trial.tenant, trial.startedAt.getTime());
        const named = body.package ?? trial.package;
        if (!profile.packages.some((each) => each.id === named && each.fen > 0))
          throw Problem.field(400, 'package', 'is not one of the carrier’s');
        const recordedAt = askedAt.getTime();
        const fault = body.signedOn === undefined ? undefined : signedOnFault(body.signedOn, recordedAt, profile.zone);
        if (fault !== undefined) throw Problem.field(400, 'signedOn', fault);
        const [subscriber] = await subscribersByPhone(pool, { tenants: [trial.tenant], guardianId: null }, body.phone);
        if (!subscriber) throw notKnown('phone');
        const at = new Date(slipSaidAt(body, recordedAt, profile.zone));
        const requestId = `slip/${account.id}/${requestKey}`;
        const asked = { trial, profile, versions: carriers.versions(trial.tenant) };
        const units = await inTransaction(pool, (db) =>
          record(db, { ...asked, body: { ...body, package: named }, subscriber, account, requestId, at }),
        );
        starter.offer([pendingOf(trial)]);
        return { status: 202, body: { units } };
      },
    }),
  ];
}

/** Records the slip for the unit that pays, or, where it says no, for all of the household. Returns the units. */
async function record(db: Db, recorded: Recorded): Promise<string[]> {
  const { trial, profile, body, subscriber, requestId, at } = recorded;
  const { tenant } = trial;
  const { guardianId, householdId } = subscriber;
  const unit = billingUnitOf(profile, { id: guardianId, householdId });
  await addPending(db, pendingOf(trial));
  if (!(await findFamily(db, trial.id, unit))) throw Problem.field(409, 'phone', 'is of no family of this trial');
  if (!(await findOpenTrial(db, { tenant, unit, at, requestId })))
    throw Problem.field(409, 'phone', 'is of a family that is not waiting for an answer');
  if (!(await claimSlip(db, { tenant, slip: body.slip, householdId })))
    throw Problem.field(409, 'slip', 'is another family’s paper');
  const others = body.answer === 'no' ? await unansweredUnits(db, trial.id, householdId) : [];
  const units = [...new Set([unit, ...others])];
  for (const each of units) await answer(db, recorded, each === unit ? { unit } : { unit: each, other: true });
  return units;
}

/** Records the answer of one of the household's units, and tells its phone. */
async function answer(
  db: Db,
  { trial, profile, versions, body, subscriber: { guardianId }, account, requestId: asked, at }: Recorded,
  { unit, other = false }: { unit: string; other?: boolean },
): Promise<void> {
  const { tenant } = trial;
  const requestId = other ? `${asked}/${unit}` : asked;
  const said = body.package ?? trial.package;
  const stands = await recordAnswer(db, {
    ...{ trialId: trial.id, tenant, unit, answer: body.answer, at, guardianId, requestId, package: said },
    ...{ channel: account.role as 'agent' | 'customer-service', actor: account.id },
    evidence: { slip: body.slip, ...(body.signedOn === undefined ? {} : { signedOn: body.signedOn }) },
  });
  // Where each phone is a unit, the others of the household are told on their own.
  const toldId = other ? unit : guardianId;
  const number = await phoneOfGuardian(db, toldId);
  if (number === undefined) return;
  await enqueueSms(db, [
    {
      origin: `${requestId}/answer`,
      ...{ tenant, workflowId: trialPeriodId(trial.id), kind: 'answer', guardianId: toldId },
      ...{ phone: number, source: profile.shortCode },
      body: slipText(
        { answer: body.answer, stands, package: said, at: at.getTime(), endsAt: trial.endsAt.getTime() },
        versions,
      ),
    },
  ]);
}
