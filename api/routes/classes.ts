import { z } from 'zod';
import { classesOf, teacherName } from '../../infra/postgres/audience.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { menuOf } from '../../workflows/domain/message-kinds.ts';
import { may } from '../access.ts';
import { route, type Route } from '../route.ts';
import { schoolOf } from '../sight.ts';

const classes = z
  .object({
    school: z.object({ id: z.string(), name: z.string() }),
    sender: z.string().nullable().meta({
      description: 'Who signs what the session writes, beside the school; null: the school alone.',
    }),
    kinds: z.array(z.object({ id: z.string(), zh: z.string(), en: z.string() })),
    classes: z.array(z.object({ id: z.string(), name: z.string(), students: z.int(), homeroom: z.boolean() })),
  })
  .meta({ id: 'Classes' });

/** What a teacher may write to and about. */
export function classRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/classes',
      operationId: 'listClasses',
      summary: 'The classes that the session may write to, a teacher’s own first, and the school’s menu of kinds',
      may: 'classes:read',
      replies: { 200: { description: 'All of them.', schema: classes } },
      async handle(_call, { role, teacherId }, sight) {
        const { id, name, kind } = await schoolOf(pool, sight);
        const kinds = menuOf(kind).map(({ id, zh, en }) => ({ id, zh, en }));
        const found = await classesOf(pool, sight, teacherId);
        const sender = may(role, 'messages:sign') ? await teacherName(pool, teacherId) : null;
        return { status: 200, body: { school: { id, name }, sender, kinds, classes: found } };
      },
    }),
  ];
}
