import { z } from 'zod';
import type { Carriers } from '../../infra/carriers.ts';
import type { Account, AccountRole } from '../../infra/postgres/accounts.ts';
import type { Pending } from '../../infra/postgres/pending.ts';
import { inTransaction, type Db, type Pool } from '../../infra/postgres/pool.ts';
import type { Sight } from '../../infra/postgres/sight.ts';
import { claimSlip } from '../../infra/postgres/slips.ts';
import { subscribersByPhone, writeNote, type Subscriber } from '../../infra/postgres/subscribers.ts';
import { commandSubscription, CommandRefused } from '../../infra/postgres/subscription-command.ts';
import type { PendingStarter } from '../../infra/temporal/pending-starter.ts';
import type {
  Channel,
  OrderCommand,
  SubscriptionOutcome,
  SubscriptionRequest,
  SubscriptionView,
} from '../../workflows/contracts.ts';
import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import { billingUnitOf } from '../../workflows/domain/routing.ts';
import { signedOnFault } from '../../workflows/domain/slip.ts';
import { pastMoment, phone, signedOn, slipNumber, writtenText } from '../fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { checkTenant, notKnown } from '../sight.ts';
import { confirmOnTrial } from '../trial-order.ts';

/** How each of those who order speaks. A text is a parent's phone's own; an import is made beside the API. */
const CHANNEL_OF = {
  parent: 'web',
  agent: 'agent',
  'customer-service': 'customer-service',
  'carrier-admin': 'admin',
} as const satisfies Partial<Record<AccountRole, Channel>>;

/** A complaint takes a quarter at most: what was said before can no longer be recorded as said then. */
const DATED_BACK_DAYS = 92;
const DAY_MS = 24 * 3_600_000;

const order = z
  .strictObject({
    phone,
    package: z.string({ error: 'is required' }).min(1).max(100),
    action: z.enum(['subscribe', 'cancel'], { error: 'must be subscribe or cancel' }),
    channel: z
      .enum(['sms', 'web', 'agent', 'admin', 'customer-service', 'import'], {
        error: 'must be one of sms, web, agent, admin, customer-service, import',
      })
      .optional()
      .meta({ description: 'Follows from the role: web, agent, customer-service or admin; another is refused.' }),
    slip: slipNumber
      .optional()
      .meta({ description: 'An order for a parent: the slip that the parent signed, which is the consent.' }),
    signedOn,
    at: pastMoment.optional().meta({
      description: `A cancel for a parent: when the parent said it, at most ${DATED_BACK_DAYS} days ago; needs a note. Now if unset.`,
    }),
    note: writtenText(500).optional().meta({ description: 'Kept with the order or cancel, for audits.' }),
    tenant: z
      .string()
      .max(100)
      .optional()
      .meta({ description: 'Needed where the phone is known to several carriers the account works for.' }),
  })
  .meta({ id: 'Order' });

const OUTCOMES = [
  'subscribed',
  'pending-consent',
  'already-subscribed',
  'changes-next-month',
  'off-net',
  'unknown-package',
  'cancelled',
  'free-services-cancelled',
  'not-subscribed',
  'ordered-since',
  'cancelled-since',
] as const satisfies SubscriptionOutcome[];

const subscription = z
  .object({
    tenant: z.string(),
    unit: z.string(),
    state: z.enum(['none', 'pending', 'trial', 'active', 'cancelled']),
    package: z.string().nullable(),
    services: z.array(z.string()),
    since: z.string().nullable(),
    outcome: z.enum(OUTCOMES),
  })
  .meta({ id: 'Subscription' });

/** An order as it was asked, by the channel of who asks. */
type Asked = z.output<typeof order> & { channel: ReturnType<typeof channelOf> };

/** Orders and cancels by others than a parent's text. */
export function orderRoutes({
  pool,
  starter,
  carriers,
}: {
  pool: Pool;
  starter: PendingStarter;
  carriers: Carriers;
}): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/orders',
      operationId: 'order',
      summary: 'Order or cancel a package for a phone',
      may: 'orders:place',
      body: order,
      idempotent: true,
      audit: ({ body: { phone: of } }) => ({ phone: of }),
      replies: { 200: { description: 'The subscription, and what the request did.', schema: subscription } },
      problems: {
        404: 'The phone is not known.',
        409: 'The phone is known to several carriers; say which. The slip is another family’s. Or the family changed meanwhile: ask again.',
        422: 'The carrier does not serve this number, or the Idempotency-Key was used for another request.',
      },
      async handle({ body: asked, requestKey, askedAt: at }, account, sight) {
        const body = { ...asked, channel: channelOf(asked, account) };
        checkStaffFields(body, account);
        const subscriber = await findSubscriber(body, sight);
        const profile = carriers.profile(subscriber.tenant);
        checkSignedOn(body, profile);
        if (!profile.packages.some(({ id }) => id === body.package)) {
          throw Problem.field(400, 'package', `must be one of ${profile.packages.map(({ id }) => id).join(', ')}`);
        }
        const said = {
          requestId: `api/${account.id}/${requestKey}`,
          channel: body.channel,
          actor: account.role === 'parent' ? subscriber.guardianId : account.id,
          guardianId: subscriber.guardianId,
          at: body.at === undefined ? at.toISOString() : earlier(new Date(body.at), at).toISOString(),
          receivedAt: at.toISOString(),
          evidence: evidenceOf(body),
        };
        const { view, pending } = await inTransaction(pool, async (db) => {
          if (body.slip !== undefined && !(await claimSlip(db, { ...subscriber, slip: body.slip })))
            throw Problem.field(409, 'slip', 'is another family’s paper');
          if (body.note !== undefined)
            await writeNote(db, { ...subscriber, requestId: said.requestId, accountId: account.id, note: body.note });
          return (await confirm(db, body, subscriber, said)) ?? (await command(db, body, subscriber, said));
        });
        if (pending) starter.offer([pending]);
        return { status: 200, body: answer(view) };
      },
    }),
  ];

  async function findSubscriber(body: z.output<typeof order>, sight: Sight): Promise<Subscriber> {
    if (body.tenant !== undefined) checkTenant(sight, body.tenant);
    const tenants = body.tenant === undefined ? sight.tenants : [body.tenant];
    const [subscriber, ...others] = await subscribersByPhone(pool, { ...sight, tenants }, body.phone);
    if (!subscriber) throw notKnown('phone');
    if (others.length > 0) {
      const known = [subscriber, ...others].map(({ tenant }) => tenant);
      throw Problem.field(409, 'tenant', `say which, as the phone is known to ${known.join(', ')}`);
    }
    return subscriber;
  }

  /** A parent's consent on trial, by web or slip, waits for the trial's end; undefined: it is any other order. */
  async function confirm(
    db: Db,
    body: Asked,
    { tenant, guardianId, householdId }: Subscriber,
    said: Omit<OrderCommand, 'package'>,
  ): Promise<Told | undefined> {
    const { action, channel, slip } = body;
    if (action !== 'subscribe' || (channel !== 'web' && slip === undefined)) return undefined;
    const profile = carriers.profile(tenant);
    const unit = billingUnitOf(profile, { id: guardianId, householdId });
    return confirmOnTrial(db, carriers.versions(tenant), unit, { ...said, channel, package: body.package });
  }

  function command(
    db: Db,
    body: Asked,
    { tenant, guardianId, householdId }: Subscriber,
    said: Omit<OrderCommand, 'package'>,
  ): Promise<Told> {
    const profile = carriers.profile(tenant);
    const unit = billingUnitOf(profile, { id: guardianId, householdId });
    const { services } = profile.packages.find(({ id }) => id === body.package)!;
    const target = { tenant, unit };
    const request: SubscriptionRequest =
      body.action === 'subscribe'
        ? { ...target, action: 'order', command: { ...said, package: body.package } }
        : // A bundle stands and falls with home-school (spec §5).
          {
            ...target,
            action: 'cancel',
            command: { ...said, scope: services.includes('home-school') ? 'home-school' : body.package },
          };
    return commandSubscription(db, carriers, request).catch((cause: unknown) => {
      if (!(cause instanceof CommandRefused)) throw cause;
      throw new Problem(409, 'The family of this phone changed meanwhile; ask again.', { cause });
    });
  }
}

/** What an order came to, and the workflow to be told of it once it is committed. */
interface Told {
  view: SubscriptionView;
  pending: Pending | null;
}

/**
 * An order by text or web is the parent's own consent (spec §6), so nobody may claim another's channel, and what is
 * recorded tells who spoke.
 * @throws Problem 403
 */
function channelOf({ channel }: z.output<typeof order>, { role }: Account) {
  const own = CHANNEL_OF[role as keyof typeof CHANNEL_OF];
  if (channel !== undefined && channel !== own)
    throw Problem.field(403, 'channel', `${channel} is not how the role ${role} orders: it is ${own}`);
  return own;
}

/**
 * What only staff may say, and when: a slip proves an order; a cancel counts from when the parent said it, never an
 * order, which nobody can make for the past.
 * @throws Problem 400, 403
 */
function checkStaffFields({ action, slip, signedOn: signed, at, note }: Asked, { role }: Account): void {
  const given = Object.entries({ slip, signedOn: signed, at, note }).filter(([, value]) => value !== undefined);
  if (role === 'parent' && given.length > 0)
    throw Problem.field(403, given[0]![0], 'is for those who act for a parent');
  if (slip !== undefined && action === 'cancel')
    throw Problem.field(400, 'slip', 'proves an order; a cancel needs none');
  if (signed !== undefined && slip === undefined)
    throw Problem.field(400, 'signedOn', 'is of a slip, which is not named');
  if (at === undefined) return;
  if (action === 'subscribe') throw Problem.field(400, 'at', 'is for cancels: an order counts from now');
  if (note === undefined) throw Problem.field(400, 'note', 'is required with at: how do we know when it was said?');
  const age = Date.now() - Date.parse(at);
  if (age > DATED_BACK_DAYS * DAY_MS) throw Problem.field(400, 'at', `is more than ${DATED_BACK_DAYS} days ago`);
}

/** Throws Problem 400 for a slip's date that can't be. */
function checkSignedOn({ signedOn: signed }: Asked, { zone }: CarrierProfile): void {
  const fault = signed === undefined ? undefined : signedOnFault(signed, Date.now(), zone);
  if (fault !== undefined) throw Problem.field(400, 'signedOn', fault);
}

function evidenceOf({ slip, signedOn: signed }: Asked): OrderCommand['evidence'] {
  if (slip === undefined) return {};
  return signed === undefined ? { slip } : { slip, signedOn: signed };
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}

function answer(view: SubscriptionView): SubscriptionView {
  if (view.outcome === 'off-net') throw Problem.field(422, 'phone', 'is not a number of this carrier’s network');
  if (view.outcome === 'unknown-package') throw Problem.field(400, 'package', 'is not known');
  return view;
}
