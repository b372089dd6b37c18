import { z } from 'zod';
import type { Carriers } from '../../infra/carriers.ts';
import { arrearsOfUnit, chargesOfUnit, eventsOfUnit, textsOfPhone } from '../../infra/postgres/billing-queries.ts';
import { bookedFees } from '../../infra/postgres/billing-ledger.ts';
import { eventRowsOfUnits } from '../../infra/postgres/charge-events.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import type { Sight } from '../../infra/postgres/sight.ts';
import { heldRefundsOf } from '../../infra/postgres/refund-holds.ts';
import { subscribersByPhone, type Subscriber } from '../../infra/postgres/subscribers.ts';
import { readSubscription } from '../../infra/postgres/subscriptions.ts';
import { trialOfUnit } from '../../infra/postgres/trial-answers.ts';
import { trialEventsOfUnit } from '../../infra/postgres/trials.ts';
import { chargeEvent } from '../../workflows/domain/billing-decision.ts';
import { complaintPage } from '../../workflows/domain/complaint-page.ts';
import { billingUnitOf } from '../../workflows/domain/routing.ts';
import { whatComesOnTrial } from '../../workflows/domain/trial-forecast.ts';
import { COMING, refundInReview, whatComes } from '../../workflows/domain/billing-forecast.ts';
import { tenant } from '../billing-fields.ts';
import { lookReason, type LookReason } from '../audit.ts';
import { cursor, cursorKey, cursorOf, pageLimit, phone } from '../fields.ts';
import { printed } from '../printed.ts';
import { route, type Route } from '../route.ts';
import { notKnown } from '../sight.ts';
import type { TemporalUi } from '../workflow-link.ts';
import { eventSchema, explain, explanationSchema, shownEvent } from './charges.ts';

/** A pack is for one complaint: a year of daily texts. */
const MAX_TEXTS = 2_000;
/** And twenty years of fees. */
const MAX_CHARGES = 240;

const arrears = z.object({
  chargeId: z.int(),
  month: z.string(),
  fen: z.int(),
  attempt: z.int(),
  reason: z.string(),
  retryMonth: z.string().nullable(),
});

const subscriber = z
  .object({
    tenant: z.string(),
    unit: z.string(),
    guardian: z.string(),
    state: z.enum(['none', 'pending', 'trial', 'active', 'cancelled']),
    package: z.object({ id: z.string(), name: z.string(), fen: z.int(), period: z.enum(['month', 'year']) }).nullable(),
    services: z.array(z.string()),
    since: z.string().nullable(),
    arrears: z.array(arrears),
    next: z.array(
      z.object({
        what: z.enum(COMING),
        at: z.string().nullable(),
        package: z.string(),
        fen: z.int().nullable(),
        rule: z.string().nullable(),
        text: z.object({ zh: z.string(), en: z.string() }),
      }),
    ),
  })
  .meta({ id: 'Subscriber' });
type SubscriberView = z.output<typeof subscriber>;

const text = z.object({ at: z.string(), direction: z.enum(['to', 'from']), kind: z.string(), text: z.string(), state: z.string() }); // prettier-ignore
const trialEvent = z.object({
  type: z.string(),
  at: z.string(),
  actor: z.string(),
  login: z.string().optional(),
  evidence: z.record(z.string(), z.unknown()).meta({ description: 'Of an answer: what, how, by which text or slip.' }),
});
const pack = z
  .object({
    phone: z.string(),
    madeAt: z.string(),
    carriers: z.array(
      z.object({
        subscriber,
        trial: z.array(trialEvent).meta({ description: 'What was recorded of its trial; empty: it had none.' }),
        consent: z.array(eventSchema),
        charges: z.array(explanationSchema),
        notices: z.array(text),
        texts: z.array(text),
      }),
    ),
  })
  .meta({ id: 'ComplaintPack' });

/** What customer service asks about a phone. */
export function subscriberRoutes({ pool, carriers, ui }: { pool: Pool; carriers: Carriers; ui: TemporalUi }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/subscribers/:phone',
      operationId: 'subscriber',
      summary: 'What a phone has subscribed to, since when, and what happens next',
      may: 'subscribers:read',
      params: z.object({ phone }),
      query: z.strictObject({ reason: lookReason }),
      audit: aboutPhone,
      replies: {
        200: { description: 'One entry for each carrier.', schema: z.object({ subscriptions: z.array(subscriber) }) },
      },
      problems: { 404: 'The phone is not known.' },
      async handle({ params }, _account, sight) {
        const known = await find(sight, params.phone);
        return { status: 200, body: { subscriptions: await inTurn(known, view) } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/subscribers/:phone/charges',
      operationId: 'chargesOfSubscriber',
      summary: 'The fees of a phone with one carrier and why each was booked, newest first',
      may: 'charges:explain',
      params: z.object({ phone }),
      query: z.strictObject({
        tenant,
        reason: lookReason,
        limit: pageLimit(24, 100),
        cursor: cursor(cursorKey.row).optional(),
      }),
      audit: aboutPhone,
      replies: {
        200: {
          description: 'A page; `next` is the cursor of the following one.',
          schema: z.object({ charges: z.array(explanationSchema), next: z.string().optional() }),
        },
      },
      problems: { 404: 'The phone is not known to this carrier.' },
      async handle({ params, query: { tenant: asked, limit, cursor: after } }, _account, sight) {
        const known = (await find(sight, params.phone)).find((each) => each.tenant === asked);
        if (!known) throw notKnown('phone');
        const place = after && { month: after[0].slice(0, 7), id: Number(after[1]) };
        const charges = await chargesOfUnit(pool, { tenant: asked, unit: unitOf(known) }, limit + 1, place);
        const page = charges.slice(0, limit);
        const last = charges.length > limit ? page.at(-1) : undefined;
        const next = last ? { next: cursorOf(`${last.month}-01T00:00:00Z`, String(last.id)) } : {};
        return { status: 200, body: { charges: await explain(pool, carriers, ui, asked, page), ...next } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/subscribers/:phone/complaint-pack',
      operationId: 'complaintPack',
      summary: 'Everything about a phone in one file: consent, notices, texts, charges; as JSON, or HTML to be printed',
      may: 'charges:explain',
      params: z.object({ phone }),
      query: z.strictObject({
        format: z.enum(['json', 'html'], { error: 'must be json or html' }).default('json'),
        reason: lookReason,
      }),
      audit: aboutPhone,
      replies: { 200: { description: 'The file.', schema: pack, orHtml: true } },
      problems: { 404: 'The phone is not known.' },
      async handle({ params, query: { format } }, _account, sight) {
        const known = await find(sight, params.phone);
        const body = {
          phone: params.phone,
          madeAt: new Date().toISOString(),
          carriers: await inTurn(known, (each) => packOf(each, params.phone)),
        };
        const disposition = { 'content-disposition': `attachment; filename="complaint-pack.${format}"` };
        if (format === 'json') return { status: 200, headers: disposition, body };
        const page = printed(complaintPage(body, (tenant) => carriers.profile(tenant)));
        return { ...page, headers: { ...page.headers, ...disposition } };
      },
    }),
  ];

  async function find(sight: Sight, asked: string): Promise<Subscriber[]> {
    const known = await subscribersByPhone(pool, sight, asked);
    if (known.length === 0) throw notKnown('phone');
    return known;
  }

  function unitOf({ tenant, guardianId, householdId }: Subscriber): string {
    return billingUnitOf(carriers.profile(tenant), { id: guardianId, householdId });
  }

  async function view(known: Subscriber): Promise<SubscriberView> {
    const { tenant, guardianId } = known;
    const versions = carriers.versions(tenant);
    const profile = carriers.profile(tenant);
    const unit = unitOf(known);
    const [state, events, owed, trial] = await Promise.all([
      readSubscription(pool, tenant, unit),
      eventRowsOfUnits(pool, tenant, [unit]),
      arrearsOfUnit(pool, tenant, unit),
      trialOfUnit(pool, tenant, unit),
    ]);
    // Four at a time: a pool has ten for everybody.
    const [booked, held] = await Promise.all([bookedFees(pool, tenant, [unit]), heldRefundsOf(pool, tenant, unit)]);
    const now = Date.now();
    const coming = whatComes({ state, events: events.map(chargeEvent), booked, versions, now });
    coming.push(...held.map(refundInReview));
    if (state.state === 'trial' && trial) coming.unshift(...whatComesOnTrial(trial, now, profile.zone));
    const ordered = profile.packages.find(({ id }) => id === state.package);
    return {
      tenant,
      unit,
      guardian: guardianId,
      state: state.state,
      package: ordered ? { id: ordered.id, name: ordered.name, fen: ordered.fen, period: ordered.period } : null,
      services: state.services,
      since: state.since === null ? null : new Date(state.since).toISOString(),
      arrears: owed,
      next: coming.map((each) => ({ ...each, at: each.at === null ? null : new Date(each.at).toISOString() })),
    };
  }

  async function packOf(known: Subscriber, asked: string) {
    const seen = await view(known);
    const { tenant, unit } = seen;
    const [trial, events, charges, texts] = await Promise.all([
      trialEventsOfUnit(pool, tenant, unit),
      eventsOfUnit(pool, tenant, unit),
      chargesOfUnit(pool, { tenant, unit }, MAX_CHARGES),
      textsOfPhone(pool, tenant, asked, MAX_TEXTS),
    ]);
    const said = texts.map((each) => ({ ...each, at: each.at.toISOString() }));
    return {
      subscriber: seen,
      trial: trial.map(({ type, at, actor, login, evidence }) => ({
        ...{ type, at: at.toISOString(), actor, evidence },
        ...(login === null ? {} : { login }),
      })),
      consent: events.map(shownEvent),
      charges: await explain(pool, carriers, ui, tenant, charges),
      notices: said.filter(({ kind }) => kind === 'notice'),
      texts: said,
    };
  }
}

function aboutPhone({ params, query: { reason } }: { params: { phone: string }; query: { reason: LookReason } }) {
  return { phone: params.phone, reason };
}

/** One after another: each asks for a few connections at once, and a pool has ten for everybody. */
async function inTurn<Of, To>(all: readonly Of[], ask: (each: Of) => Promise<To>): Promise<To[]> {
  const answers: To[] = [];
  for (const each of all) answers.push(await ask(each));
  return answers;
}
