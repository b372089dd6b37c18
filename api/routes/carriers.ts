import { z } from 'zod';
import type { Carriers } from '../../infra/carriers.ts';
import { route, type Route } from '../route.ts';

const carrier = z
  .object({
    id: z.string(),
    name: z.string(),
    packages: z.array(z.object({ id: z.string(), name: z.string(), fen: z.int(), period: z.enum(['month', 'year']) })),
  })
  .meta({ id: 'Carrier' });

/** What the carriers sell, for whoever has to choose from it. */
export function carrierRoutes({ carriers }: { carriers: Carriers }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/carriers',
      operationId: 'listCarriers',
      summary: 'The session’s carriers, with what they sell today',
      may: 'prices:read',
      replies: { 200: { description: 'All of them.', schema: z.object({ carriers: z.array(carrier) }) } },
      handle(_call, { tenants }) {
        const sold = tenants
          .filter((id) => carriers.has(id))
          .map((id) => {
            const { name, packages } = carriers.profile(id);
            return {
              ...{ id, name },
              packages: packages.map(({ id: sku, name: called, fen, period }) => ({
                id: sku,
                name: called,
                fen,
                period,
              })),
            };
          });
        return Promise.resolve({ status: 200, body: { carriers: sold } });
      },
    }),
  ];
}
