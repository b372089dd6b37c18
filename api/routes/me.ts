import { z } from 'zod';
import { ACCOUNT_ROLES } from '../../infra/postgres/accounts.ts';
import { rightsOf } from '../access.ts';
import { route, type Route } from '../route.ts';

const me = z
  .object({
    account: z.object({
      id: z.string(),
      tenants: z.array(z.string()),
      schoolId: z.string().nullable(),
    }),
    role: z.enum(ACCOUNT_ROLES),
    may: z
      .record(z.string(), z.enum(['own', 'classes', 'school', 'carriers']))
      .meta({ description: 'Each right it has, as `x-may` of the routes names it, and how far it reaches.' }),
  })
  .meta({ id: 'Me' });

/** Who is asking. */
export function meRoutes(): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/me',
      operationId: 'me',
      summary: 'The account that asks, its role, and what it may do',
      may: 'me:read',
      replies: { 200: { description: 'The account.', schema: me } },
      handle: (_call, { id, role, tenants, schoolId }) =>
        Promise.resolve({ status: 200, body: { account: { id, tenants, schoolId }, role, may: rightsOf(role) } }),
    }),
  ];
}
