import { z } from 'zod';
import type { Carriers } from '../../infra/carriers.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { heldRefunds, type HeldRefund } from '../../infra/postgres/refund-holds.ts';
import { decideRefund } from '../../infra/postgres/refunds.ts';
import { packageName } from '../../workflows/domain/package-words.ts';
import { cursor, cursorKey, cursorOf, maskedPhone, pageLimit, rowId, writtenText } from '../fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { notKnown } from '../sight.ts';

const refund = z
  .object({
    id: z.int(),
    tenant: z.string(),
    chargeId: z.int().meta({ description: 'The fee that it takes back of.' }),
    month: z.string(),
    package: z.object({ id: z.string(), name: z.string() }),
    fen: z.int(),
    phone: z.string().optional().meta({ description: 'Masked.', example: '139****0001' }),
    recordedBy: z.string(),
    saidAt: z.string(),
    recordedAt: z.string(),
    note: z.string().optional(),
  })
  .meta({ id: 'HeldRefund' });

/** Refunds of cancels that staff dated back, above the profile's sum: looked at by a second person before they are booked. */
export function refundRoutes({ pool, carriers }: { pool: Pool; carriers: Carriers }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/refunds',
      operationId: 'listHeldRefunds',
      summary: 'Refunds that wait for a second person, the longest waiting first',
      may: 'refunds:decide',
      query: z.strictObject({ limit: pageLimit(50, 500), cursor: cursor(cursorKey.row).optional() }),
      audit: () => ({ carrier: undefined }),
      replies: {
        200: {
          description: 'A page; `next` is the cursor of the following one.',
          schema: z.object({ refunds: z.array(refund), next: z.string().optional() }),
        },
      },
      async handle({ query: { limit, cursor: after } }, account) {
        const rows = await heldRefunds(pool, account.tenants, Number(after?.[1] ?? 0), limit + 1);
        const page = rows.slice(0, limit);
        const last = rows.length > limit ? page.at(-1) : undefined;
        const next = last ? { next: cursorOf(last.recordedAt.toISOString(), String(last.id)) } : {};
        return { status: 200, body: { refunds: page.map(shown), ...next } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/charges/:id/refund-decision',
      operationId: 'decideRefund',
      summary: 'Release what waits to be taken back of a fee, or don’t; not by who recorded the cancel',
      may: 'refunds:decide',
      params: z.object({ id: rowId }),
      body: z.strictObject({ release: z.boolean(), note: writtenText(500) }).meta({ id: 'RefundDecision' }),
      idempotent: true,
      audit: ({ params: { id }, body: { note } }) => ({ kind: 'charge', id: String(id), note }),
      replies: { 200: { description: 'Decided.', schema: z.object({ released: z.boolean() }) } },
      problems: { 403: 'Who recorded the cancel can’t.', 404: 'Nothing of such a fee waits.' },
      async handle({ params: { id }, body: { release, note } }, account) {
        const decision = { chargeId: id, accountId: account.id, released: release, note };
        const outcome = await decideRefund(pool, carriers, account.tenants, decision);
        if (outcome === 'none') throw notKnown('id');
        if (outcome === 'own') throw new Problem(403, 'Who recorded the cancel does not release its refund.');
        return { status: 200, body: { released: release } };
      },
    }),
  ];

  function shown({ package: id, phone, note, saidAt, recordedAt, ...row }: HeldRefund): z.output<typeof refund> {
    return {
      ...row,
      package: { id, name: packageName(id, carriers.profile(row.tenant)) },
      ...(phone === null ? {} : { phone: maskedPhone(phone) }),
      saidAt: saidAt.toISOString(),
      recordedAt: recordedAt.toISOString(),
      ...(note === null ? {} : { note }),
    };
  }
}
