import { z } from 'zod';
import { giveGrant, takeGrant, teachersOf } from '../../infra/postgres/grants.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { opaqueId, rowId } from '../fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { notKnown } from '../sight.ts';

const teachers = z
  .object({
    teachers: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        leads: z.array(z.object({ id: z.string(), name: z.string() })),
        grants: z.array(
          z.object({
            id: z.string(),
            classId: z.string().nullable().meta({ description: 'null: the whole school.' }),
            givenBy: z.string().meta({ description: 'Account of the principal.' }),
            givenAt: z.iso.datetime(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Teachers' });

/** What the principal lets teachers do beyond the classes they lead. */
export function grantRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/teachers',
      operationId: 'listTeachers',
      summary: 'The school’s teachers, the classes they lead, and what else the principal gave them',
      may: 'teachers:read',
      replies: { 200: { description: 'All of them.', schema: teachers } },
      async handle(_call, _account, { schoolId }) {
        return { status: 200, body: { teachers: await teachersOf(pool, schoolId!) } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/grants',
      operationId: 'giveGrant',
      summary: 'Give a teacher another class, or the whole school, as if it were the teacher’s own',
      may: 'grants:change',
      body: z
        .strictObject({
          teacherId: opaqueId,
          classId: opaqueId.optional().meta({ description: 'The whole school if unset.' }),
        })
        .meta({ id: 'NewGrant' }),
      replies: {
        201: { description: 'Given; the same again is the same grant.', schema: z.object({ id: z.string() }) },
      },
      problems: { 404: 'The school has no such teacher or class.' },
      async handle({ body: { teacherId, classId = null } }, { id: by }, { schoolId }) {
        const id = await giveGrant(pool, { schoolId: schoolId!, teacherId, classId, by });
        if (id === undefined) throw new Problem(404, 'The school has no such teacher or class.');
        return { status: 201, body: { id } };
      },
    }),
    route({
      method: 'delete',
      path: '/api/v1/grants/:id',
      operationId: 'takeGrant',
      summary: 'Take a grant back; it stays on record',
      may: 'grants:change',
      params: z.object({ id: rowId }),
      replies: { 204: { description: 'Taken back.', schema: null } },
      problems: { 404: 'The school has no such grant.' },
      async handle({ params: { id } }, { id: by }, { schoolId }) {
        if (!(await takeGrant(pool, { schoolId: schoolId!, id, by }))) throw notKnown('id');
        return { status: 204 };
      },
    }),
  ];
}
