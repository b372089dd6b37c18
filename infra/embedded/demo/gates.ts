import { z } from 'zod';
import type { DemoSchool } from './roster.ts';

const text = z.string().min(1);

/** A file that only the virtual readers' process may read: it holds their keys, as the readers themselves would. */
export const gatesFile = z.array(
  z.object({
    school: text,
    tenant: text,
    mqttUrl: text,
    readers: z.array(z.object({ deviceId: text, shard: text, key: text, password: text })),
    classes: z.array(
      z.object({ name: text, students: z.array(z.object({ name: text, card: text, phones: z.array(text) })) }),
    ),
  }),
);

/** A school's gates, and who passes them. */
export type SchoolGates = z.infer<typeof gatesFile>[number];

/** @param mqttUrl with a login for all readers, or without: then each has its own */
export function gatesOf(schools: readonly DemoSchool[], mqttUrl: string): SchoolGates[] {
  return schools.map(({ name: school, tenant, readers, classes, families }) => ({
    ...{ school, tenant, mqttUrl, readers },
    classes: classes.map(({ id, name }) => ({
      name,
      students: families.flatMap(({ students, guardians }) =>
        students
          .filter(({ classId }) => classId === id)
          .map((student) => ({
            name: student.name,
            card: student.card,
            phones: guardians.map(({ phone }) => phone),
          })),
      ),
    })),
  }));
}
