import { z } from 'zod';
import { setAnswersTo } from '../../infra/postgres/audience.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { opaqueId } from '../fields.ts';
import { route, type Route } from '../route.ts';
import { notKnown, schoolOf } from '../sight.ts';

const answersTo = opaqueId.nullable().meta({
  description:
    'The teacher who gets the answers to what the school’s office writes; null: each child’s homeroom teacher.',
});
const settings = z.object({ id: z.string(), name: z.string(), kind: z.string(), answersTo }).meta({ id: 'School' });

/** What a school says of itself. */
export function schoolRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/school',
      operationId: 'school',
      summary: 'The session’s school and its settings',
      may: 'school:configure',
      replies: { 200: { description: 'The school.', schema: settings } },
      async handle(_call, _account, sight) {
        const { id, name, kind, answersTo: to } = await schoolOf(pool, sight);
        return { status: 200, body: { id, name, kind, answersTo: to } };
      },
    }),
    route({
      method: 'put',
      path: '/api/v1/school',
      operationId: 'configureSchool',
      summary: 'Say who gets parents’ answers to what the school’s office writes',
      may: 'school:configure',
      body: z.strictObject({ answersTo }).meta({ id: 'SchoolSettings' }),
      replies: { 204: { description: 'So be it.', schema: null } },
      problems: { 404: 'The school has no such teacher.' },
      async handle({ body }, _account, { schoolId }) {
        if (!(await setAnswersTo(pool, schoolId!, body.answersTo))) throw notKnown('answersTo');
        return { status: 204 };
      },
    }),
  ];
}
