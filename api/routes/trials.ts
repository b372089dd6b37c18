import { z } from 'zod';
import type { Carriers } from '../../infra/carriers.ts';
import type { AccountRole } from '../../infra/postgres/accounts.ts';
import { addPending, type Pending } from '../../infra/postgres/pending.ts';
import { inTransaction, type Pool } from '../../infra/postgres/pool.ts';
import type { Sight } from '../../infra/postgres/sight.ts';
import { recordOpinion } from '../../infra/postgres/trial-reports.ts';
import {
  countFamilies,
  FAMILY_STATES,
  findTrial,
  listTrials,
  lockTrial,
  recordDecision,
  trialEvents,
  trialFacts,
  type Trial,
} from '../../infra/postgres/trials.ts';
import type { PendingStarter } from '../../infra/temporal/pending-starter.ts';
import { nextTrialStep, noticeDue } from '../../workflows/domain/trial.ts';
import { cursor, cursorKey, cursorOf, opaqueId, pageLimit, writtenText } from '../fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { seen } from '../sight.ts';
import { eventsInSight, tellsFamilies, trialInSight } from '../trial-sight.ts';

export const trialPath = z.object({ id: opaqueId });
const instant = z.iso.datetime().nullable();
const shown = z
  .object({
    id: z.string(),
    tenant: z.string(),
    school: z.object({ id: z.string(), name: z.string() }),
    class: z.object({ id: z.string(), name: z.string() }),
    round: z.int().meta({ description: '1: of the class; above: of families that joined it later.' }),
    startedAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    decision: z.enum(['approved', 'refused']).nullable(),
    noticesDueBy: z.iso.datetime(),
    notice1At: instant,
    notice2At: instant,
    silentAt: instant,
    closedAt: instant,
    closedAs: z.enum(['answered', 'silent', 'refused', 'lapsed']).nullable(),
  })
  .meta({ id: 'Trial' });
const detailed = shown
  .extend({
    families: z
      .object(Object.fromEntries(FAMILY_STATES.map((state) => [state, z.int().min(0)])))
      .nullable()
      .meta({
        description:
          'Null to a school, as what is next and the dates of notices and end, where they are fewer than five.',
      }),
    next: z
      .object({ do: z.enum(['report', 'hand-over', 'notice-1', 'notice-2', 'close']), at: z.iso.datetime() })
      .nullable(),
    events: z.array(
      z.object({
        type: z.string(),
        unit: z.string().nullable(),
        actor: z.string().optional().meta({ description: 'Not told to schools, and no family’s events either.' }),
        at: z.iso.datetime(),
        evidence: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .meta({ id: 'TrialDetails' });

export interface TrialRoutesDeps {
  pool: Pool;
  starter: PendingStarter;
  carriers: Carriers;
}

/** The trial, if the sight reaches it: to single classes only their first. Throws Problem 404. */
export async function visibleTrial(pool: Pool, sight: Sight, id: string): Promise<Trial> {
  const trial = await findTrial(pool, id);
  return seen(sight, sight.classIds !== null && trial && trial.round > 1 ? undefined : trial);
}

/** The trial's workflow is told that something was recorded which may change what is next. */
export function pendingOf({ tenant, id }: Trial): Pending {
  return { kind: 'trial', tenant, key: id };
}

/** For the record of who looked or decided. */
export function ofTrial({ params: { id } }: { params: { id: string } }) {
  return { kind: 'trial', id } as const;
}

/** Trials and their fee confirmation (spec §7.3, §7.4). */
export function trialRoutes({ pool, starter, carriers }: TrialRoutesDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/trials',
      operationId: 'listTrials',
      summary: 'Trials of the session’s school or carriers, newest first',
      may: 'trials:read',
      query: z.strictObject({ limit: pageLimit(20, 100), cursor: cursor(cursorKey.id).optional() }),
      replies: {
        200: {
          description: 'A page; `next` is the cursor of the following one.',
          schema: z.object({ trials: z.array(shown), next: z.string().optional() }),
        },
      },
      async handle({ query: { limit, cursor: after } }, { role }, sight) {
        const rows = await listTrials(pool, sight, after, limit + 1);
        const page = rows.slice(0, limit);
        const last = rows.length > limit ? page.at(-1) : undefined;
        const next = last ? { next: cursorOf(last.startedAt.toISOString(), last.id) } : {};
        return { status: 200, body: { trials: page.map((trial) => view(trial, role)), ...next } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/trials/:id',
      operationId: 'trial',
      summary: 'A trial: where its families are, what is next and when, and its record',
      may: 'trials:read',
      params: trialPath,
      audit: ofTrial,
      replies: { 200: { description: 'The trial.', schema: detailed } },
      problems: { 404: 'No such trial.' },
      async handle({ params }, { role }, sight) {
        const trial = await visibleTrial(pool, sight, params.id);
        const events = eventsInSight(await trialEvents(pool, trial.id), trial, role);
        const told = tellsFamilies(trial, role);
        const step = told ? nextTrialStep(await trialFacts(pool, trial, rulesOf(trial)), Date.now()) : null;
        const next = step && { do: step.do, at: new Date(step.at).toISOString() };
        const families = told ? await countFamilies(pool, trial.id) : null;
        return { status: 200, body: { ...view(trial, role), families, next, events } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/trials/:id/approval',
      operationId: 'decideTrial',
      summary: 'The principal lets the families be asked, or not; decided once',
      may: 'trials:decide',
      params: trialPath,
      audit: ofTrial,
      body: z
        .strictObject({
          decision: z.enum(['approved', 'refused'], { error: 'must be approved or refused' }),
          note: writtenText(1000).optional(),
        })
        .meta({ id: 'TrialDecision' }),
      replies: { 200: { description: 'Decided.', schema: shown } },
      problems: { 404: 'No such trial.', 409: 'It was decided otherwise, or it is too late.' },
      async handle({ params: { id }, body }, account, sight) {
        await visibleTrial(pool, sight, id);
        const done = await inTransaction(pool, async (db) => {
          const trial = (await lockTrial(db, id))!;
          await addPending(db, pendingOf(trial));
          const { zone } = rulesOf(trial);
          return recordDecision(db, trial, { ...body, actor: account.id, at: new Date(), zone });
        });
        if (!done) throw new Problem(409, 'It was decided otherwise before, or it is too late.');
        const trial = (await findTrial(pool, id))!;
        starter.offer([pendingOf(trial)]);
        return { status: 200, body: view(trial, account.role) };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/trials/:id/opinions',
      operationId: 'recordOpinion',
      summary: 'Write down what parents or teachers say of the trial, for the weekly report',
      may: 'trials:comment',
      params: trialPath,
      body: z.strictObject({ text: writtenText(1000) }).meta({ id: 'TrialOpinion' }),
      idempotent: true,
      replies: { 201: { description: 'Written down.', schema: null } },
      problems: { 404: 'No such trial.' },
      async handle({ params, body, requestKey }, account, sight) {
        const { id: trialId } = await visibleTrial(pool, sight, params.id);
        await recordOpinion(pool, { trialId, accountId: account.id, requestKey, text: body.text, at: new Date() });
        return { status: 201 };
      },
    }),
  ];

  function rulesOf({ tenant, startedAt }: Trial) {
    return carriers.profile(tenant, startedAt.getTime());
  }

  function view(whole: Trial, role: AccountRole): z.output<typeof shown> {
    const trial = trialInSight(whole, role);
    const iso = (at: Date | null) => at?.toISOString() ?? null;
    const { id, tenant, round, decision, closedAs, endsAt } = trial;
    return {
      ...{ id, tenant, round, decision, closedAs },
      school: { id: trial.schoolId, name: trial.schoolName },
      class: { id: trial.classId, name: trial.className },
      startedAt: trial.startedAt.toISOString(),
      endsAt: endsAt.toISOString(),
      noticesDueBy: new Date(noticeDue(endsAt.getTime(), rulesOf(trial).zone)).toISOString(),
      notice1At: iso(trial.notice1At),
      notice2At: iso(trial.notice2At),
      silentAt: iso(trial.silentAt),
      closedAt: iso(trial.closedAt),
    };
  }
}
