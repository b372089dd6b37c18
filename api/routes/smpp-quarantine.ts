import { z } from 'zod';
import type { Pool } from '../../infra/postgres/pool.ts';
import { quarantinedPdus } from '../../infra/postgres/smpp-quarantine.ts';
import { pageLimit, rowId } from '../fields.ts';
import { route, type Route } from '../route.ts';

const page = z
  .object({
    pdus: z.array(
      z.object({
        id: z.int(),
        tenant: z.string(),
        link: z.int().nullable(),
        command: z.int().meta({ description: 'Its command_id: 5 is deliver_sm, 259 data_sm.' }),
        reason: z.string(),
        octets: z.string().meta({ description: 'The PDU’s body in hexadecimal, at most 4 kB.' }),
        at: z.iso.datetime(),
      }),
    ),
    next: z.int().optional(),
  })
  .meta({ id: 'QuarantinedPdus' });

/** What a carrier's SMSC delivered and nobody could read: for a person, since it may be a parent's text. */
export function smppQuarantineRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/smpp-quarantine',
      operationId: 'listQuarantinedPdus',
      summary: 'Deliveries of the SMSC that could not be read, kept with the reason, the newest first',
      may: 'smpp-quarantine:read',
      query: z.strictObject({ limit: pageLimit(50, 500), before: rowId.optional() }),
      audit: () => ({ carrier: undefined }),
      replies: { 200: { description: 'A page; `next` is the following one’s `before`.', schema: page } },
      async handle({ query: { limit, before } }, { tenants }) {
        const found = await quarantinedPdus(pool, { tenants, before, limit });
        const pdus = found.map((pdu) => ({ ...pdu, at: pdu.at.toISOString() }));
        const last = pdus.at(-1);
        return { status: 200, body: { pdus, ...(last && pdus.length === limit ? { next: last.id } : {}) } };
      },
    }),
  ];
}
