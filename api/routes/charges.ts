import { z } from 'zod';
import type { Carriers } from '../../infra/carriers.ts';
import {
  collectionsOf,
  eventsById,
  findCharge,
  type ChargeRecord,
  type CollectionRecord,
  type EventRecord,
} from '../../infra/postgres/billing-queries.ts';
import type { Db, Pool } from '../../infra/postgres/pool.ts';
import { collectionOf, explainCharge } from '../../workflows/domain/billing-words.ts';
import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import { packageName } from '../../workflows/domain/package-words.ts';
import { subscriptionId } from '../../workflows/ids.ts';
import { lookReason } from '../audit.ts';
import { rowId } from '../fields.ts';
import { route, type Route } from '../route.ts';
import { notKnown } from '../sight.ts';
import { workflowLink, type TemporalUi } from '../workflow-link.ts';

const HOUR_MS = 3_600_000;

const link = z.object({ id: z.string(), url: z.string().optional() });

/** What was ordered, consented to or cancelled, by whom, with what proof. */
export const eventSchema = z.object({
  id: z.int(),
  type: z.enum(['order', 'consent', 'cancel', 'expire']),
  package: z.string(),
  channel: z.string(),
  actor: z.string(),
  login: z.string().optional().meta({ description: 'Of the account that did it; a parent has none.' }),
  at: z.string(),
  receivedAt: z.string(),
  evidence: z.object({ moId: z.int().optional(), slip: z.string().optional(), signedOn: z.string().optional() }),
  note: z.string().optional(),
});

/** An event as the API tells it. */
export function shownEvent({ at, receivedAt, note, login, ...event }: EventRecord) {
  const times = { at: at.toISOString(), receivedAt: receivedAt.toISOString() };
  return { ...event, ...(login === null ? {} : { login }), ...times, ...(note === null ? {} : { note }) };
}

export const explanationSchema = z
  .object({
    id: z.int(),
    tenant: z.string(),
    unit: z.string(),
    month: z.string(),
    kind: z.enum(['fee', 'reversal']),
    package: z.object({ id: z.string(), name: z.string() }),
    fen: z.int(),
    rule: z.string(),
    profileVersion: z.string(),
    decidedAt: z.string(),
    recordedAt: z.string(),
    inputs: z.object({
      orderedAt: z.string().optional(),
      cancelledAt: z.string().optional(),
      learntAt: z.string().optional(),
      changedPackage: z.boolean(),
      unusedMonths: z.int().optional(),
      events: z.array(eventSchema),
    }),
    timers: z.array(z.object({ name: z.string(), from: z.string(), until: z.string() })),
    reversedBy: z.int().optional(),
    reverses: z.int().optional(),
    collection: z.array(
      z.object({
        fileId: z.int(),
        line: z.int(),
        attempt: z.int(),
        toldAt: z.string(),
        outcome: z.enum(['success', 'failure']).optional(),
        reason: z.string().optional(),
        answeredAt: z.string().optional(),
        retryMonth: z.string().optional(),
      }),
    ),
    workflows: z.object({ decidedBy: link, subscription: link }),
    text: z.object({ zh: z.string(), en: z.string() }).meta({ description: 'To be read out on the phone.' }),
  })
  .meta({ id: 'ChargeExplanation' });

export type Explanation = z.output<typeof explanationSchema>;

/** Why somebody was charged. */
export function chargeRoutes({ pool, carriers, ui }: { pool: Pool; carriers: Carriers; ui: TemporalUi }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/charges/:id/explanation',
      operationId: 'explainCharge',
      summary: 'Why a fee or its reversal was booked, with words to read out',
      may: 'charges:explain',
      params: z.object({ id: rowId }),
      query: z.strictObject({ reason: lookReason }),
      audit: ({ params: { id }, query: { reason } }) => ({ kind: 'charge', id: String(id), reason }),
      replies: { 200: { description: 'The explanation.', schema: explanationSchema } },
      problems: { 404: 'There is no such charge in your carriers.' },
      async handle({ params: { id } }, account) {
        const charge = await findCharge(pool, account.tenants, id);
        if (!charge) throw notKnown('id');
        const [body] = await explain(pool, carriers, ui, charge.tenant, [charge]);
        return { status: 200, body };
      },
    }),
  ];
}

/** Everything that tells why each of a tenant's charges is there: two statements, however many charges. */
export async function explain(
  db: Db,
  carriers: Carriers,
  ui: TemporalUi,
  tenant: string,
  charges: readonly ChargeRecord[],
): Promise<Explanation[]> {
  const versions = carriers.versions(tenant);
  const [events, collections] = await Promise.all([
    eventsById(db, tenant, [...new Set(charges.flatMap(({ inputs }) => inputs.events))]),
    // Of a reversal also what became of the fee it takes back.
    collectionsOf(
      db,
      charges.flatMap(({ id, kind, linkedId }) => (kind === 'reversal' && linkedId !== null ? [id, linkedId] : [id])),
    ),
  ]);
  return charges.map((charge) => {
    const profile = versions.find(({ version }) => version === charge.profileVersion) ?? versions.at(-1)!;
    const named = new Set(charge.inputs.events);
    const own = events.filter(({ id }) => named.has(id));
    return explanationOf(charge, profile, own, collections, ui);
  });
}

function explanationOf(
  charge: ChargeRecord,
  profile: CarrierProfile,
  events: EventRecord[],
  collections: ReadonlyMap<number, CollectionRecord[]>,
  ui: TemporalUi,
): Explanation {
  const { id, tenant, unit, month, kind, fen, rule, profileVersion, inputs, linkedId } = charge;
  const { orderedAt, cancelledAt, learntAt, unusedMonths } = inputs;
  const name = packageName(charge.package, profile);
  const { waiverHours } = profile.firstOrder;
  const collection = collections.get(id) ?? [];
  const facts = { kind, rule, packageName: name, fen, month, zone: profile.zone, waiverHours };
  return {
    ...{ id, tenant, unit, month, kind, fen, rule, profileVersion },
    package: { id: charge.package, name },
    decidedAt: charge.decidedAt.toISOString(),
    recordedAt: charge.recordedAt.toISOString(),
    inputs: {
      ...whenKnown({ orderedAt, cancelledAt, learntAt }),
      changedPackage: inputs.changed ?? false,
      ...(unusedMonths === undefined ? {} : { unusedMonths }),
      events: events.map(shownEvent),
    },
    timers:
      charge.reason === 'first-order' && orderedAt !== undefined
        ? [{ name: 'waiver', from: iso(orderedAt), until: iso(orderedAt + waiverHours * HOUR_MS) }]
        : [],
    ...(linkedId === null ? {} : kind === 'fee' ? { reversedBy: linkedId } : { reverses: linkedId }),
    collection: collection.map(collectionEntry),
    workflows: {
      decidedBy: workflowLink(ui, charge.workflowId),
      subscription: workflowLink(ui, subscriptionId(tenant, unit)),
    },
    text: explainCharge({
      ...facts,
      decidedAt: charge.decidedAt.getTime(),
      orderedAt: orderedAt ?? null,
      changed: inputs.changed ?? false,
      cancelledAt: cancelledAt ?? null,
      collection: collectionOf(collection),
      feeCollection: collectionOf(collections.get(linkedId ?? id) ?? []),
      takenBack: kind === 'fee' && linkedId !== null,
    }),
  };
}

function collectionEntry({ toldAt, outcome, reason, answeredAt, retryMonth, ...told }: CollectionRecord) {
  return {
    ...told,
    toldAt: toldAt.toISOString(),
    ...(outcome && answeredAt ? { outcome, reason: reason ?? '', answeredAt: answeredAt.toISOString() } : {}),
    ...(retryMonth ? { retryMonth } : {}),
  };
}

function whenKnown<Name extends string>(times: Record<Name, number | undefined>): Partial<Record<Name, string>> {
  const known = Object.entries<number | undefined>(times).filter(([, at]) => at !== undefined);
  return Object.fromEntries(known.map(([name, at]) => [name, iso(at!)])) as Partial<Record<Name, string>>;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
