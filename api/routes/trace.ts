import { z } from 'zod';
import type { Carriers } from '../../infra/carriers.ts';
import type { Account, AccountRole } from '../../infra/postgres/accounts.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { traceEvents, type TraceRow } from '../../infra/postgres/trace.ts';
import { may } from '../access.ts';
import { lookReason } from '../audit.ts';
import { cursor, cursorKey, cursorOf, inOrder, pageLimit, phone, queryMoment } from '../fields.ts';
import { route, type Route } from '../route.ts';
import { checkPhone } from '../sight.ts';
import { tellEvent, type Eyes } from '../trace-words.ts';
import { workflowLink, type TemporalUi } from '../workflow-link.ts';

const query = z
  .strictObject({
    phone,
    from: queryMoment('First moment; seven days ago if unset.'),
    to: queryMoment('Exclusive end; none if unset.'),
    reason: lookReason,
    limit: pageLimit(500, 1000),
    cursor: cursor(cursorKey.event).optional(),
  })
  .refine(...inOrder);

const events = z
  .object({
    events: z.array(
      z.object({
        at: z.string(),
        kind: z.enum(['swipe', 'quarantined-swipe', 'sms', 'decision', 'receipt', 'mo', 'subscription']),
        outcome: z.string(),
        reason: z.string().optional(),
        ids: z.record(z.string(), z.string()).meta({ description: 'Empty but for who answers for texts and fees.' }),
        workflow: z.object({ id: z.string(), url: z.string().optional() }).optional(),
      }),
    ),
    next: z.string().optional(),
  })
  .meta({ id: 'Trace' });

/** Why a parent did or didn't get a text. */
export function traceRoutes({ pool, carriers, ui }: { pool: Pool; carriers: Carriers; ui: TemporalUi }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/trace',
      operationId: 'trace',
      summary: 'Everything that concerns a phone, oldest first, with why a text was or was not sent',
      may: 'trace:read',
      query,
      audit: ({ query: { phone: of, reason } }) => ({ phone: of, reason }),
      replies: { 200: { description: 'Events; `next` is the cursor of the following page.', schema: events } },
      problems: { 404: 'The phone is not known.' },
      async handle({ query: { phone, from, to, limit, cursor: after } }, account, sight) {
        await checkPhone(pool, sight, phone);
        const rows = await traceEvents(pool, {
          phone,
          sight,
          from: from === undefined ? undefined : new Date(from),
          to: to === undefined ? undefined : new Date(to),
          after,
          limit: limit + 1,
        });
        const page = rows.slice(0, limit);
        const last = rows.length > limit ? page.at(-1) : undefined;
        return {
          status: 200,
          body: {
            events: page.map((row) => event(row, account)),
            ...(last ? { next: cursorOf(last.at, last.key) } : {}),
          },
        };
      },
    }),
  ];

  /** Ids and workflows are for those who can look into them; others are told in words. */
  function event(row: TraceRow, { role }: Account): z.output<typeof events>['events'][number] {
    const { at, kind, workflowId } = row;
    const eyes = eyesOf(role);
    const reason = tellEvent(row, (tenant) => carriers.profile(tenant), eyes);
    // To a school that it was recorded: whether anybody was told depends on what the family has.
    const outcome = eyes === 'school' && TOLD.includes(row.outcome) ? 'recorded' : row.outcome;
    const said = { at, kind, outcome, ...(reason ? { reason } : {}) };
    if (!may(role, 'workflows:see')) return { ...said, ids: {} };
    const ids = Object.entries(row.ids).filter((entry): entry is [string, string] => entry[1] !== null);
    const workflow = workflowId === null ? {} : { workflow: workflowLink(ui, workflowId) };
    return { ...said, ids: Object.fromEntries(ids), ...workflow };
  }
}

/** Swipes whose guardians are told, where they have the service. */
const TOLD = ['texted', 'late'];

function eyesOf(role: AccountRole): Eyes {
  if (may(role, 'workflows:see')) return 'staff';
  return may(role, 'payers:see') ? 'parent' : 'school';
}
