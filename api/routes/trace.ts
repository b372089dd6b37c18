import { z } from 'zod';
import type { Carriers } from '../../infra/carriers.ts';
import type { Account, AccountRole } from '../../infra/postgres/accounts.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { isGuardianAt, isKnownPhone, traceEvents, type TraceRow } from '../../infra/postgres/trace.ts';
import { lookReason } from '../audit.ts';
import { cursor, cursorKey, cursorOf, pageLimit, phone, queryMoment } from '../fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { reasonOf } from '../trace-words.ts';
import { workflowLink, type TemporalUi } from '../workflow-link.ts';
import { checkOwnPhone } from './orders.ts';

const SCHOOL_PEOPLE: readonly AccountRole[] = ['teacher', 'school-admin'];

/** Who reads what colleagues wrote about a text, and who wrote it. */
const STAFF: readonly AccountRole[] = ['customer-service', 'carrier-admin', 'ops'];

const query = z
  .strictObject({
    phone,
    from: queryMoment('First moment; seven days ago if unset.'),
    to: queryMoment('Exclusive end; none if unset.'),
    reason: lookReason,
    limit: pageLimit(500, 1000),
    cursor: cursor(cursorKey.event).optional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) <= Date.parse(to), {
    error: 'must not be before from',
    path: ['to'],
  });

const events = z
  .object({
    events: z.array(
      z.object({
        at: z.string(),
        kind: z.enum(['swipe', 'quarantined-swipe', 'sms', 'decision', 'receipt', 'mo', 'subscription']),
        outcome: z.string(),
        reason: z.string().optional(),
        ids: z.record(z.string(), z.string()),
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
      roles: [...STAFF, 'parent', ...SCHOOL_PEOPLE],
      query,
      audit: ({ query: { phone: of, reason } }) => ({ phone: of, reason }),
      replies: { 200: { description: 'Events; `next` is the cursor of the following page.', schema: events } },
      problems: { 404: 'The phone is not known.' },
      async handle({ query: { phone, from, to, limit, cursor: after } }, account) {
        await checkSight(account, phone);
        const rows = await traceEvents(pool, {
          phone,
          tenants: account.tenants,
          school: SCHOOL_PEOPLE.includes(account.role) ? account.schoolId : null,
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

  async function checkSight(account: Account, phone: string): Promise<void> {
    if (account.role === 'parent') return checkOwnPhone(pool, account, phone);
    if (!(await isKnownPhone(pool, account.tenants, phone))) throw Problem.field(404, 'phone', 'is not known');
    if (!SCHOOL_PEOPLE.includes(account.role)) return;
    if (account.schoolId === null || !(await isGuardianAt(pool, account.schoolId, phone))) {
      throw Problem.field(403, 'phone', "is not a guardian's of your school");
    }
  }

  function event(full: TraceRow, { role }: Account): z.output<typeof events>['events'][number] {
    const row = STAFF.includes(role) ? full : withoutStaffWords(full);
    const reason = reasonOf(row, (tenant) => carriers.profile(tenant));
    return {
      at: row.at,
      kind: row.kind,
      outcome: row.outcome,
      ...(reason ? { reason } : {}),
      ids: Object.fromEntries(Object.entries(row.ids).filter((entry): entry is [string, string] => entry[1] !== null)),
      ...(row.workflowId === null ? {} : { workflow: workflowLink(ui, row.workflowId) }),
    };
  }
}

function withoutStaffWords(row: TraceRow): TraceRow {
  if (row.kind !== 'decision') return row;
  return { ...row, facts: { ...row.facts, note: null }, ids: { ...row.ids, account: null } };
}
