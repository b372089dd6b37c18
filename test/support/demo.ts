import { inject } from 'vitest';

/** `.campusline/demo.json` (architecture §4): what other programs read of a running demo. */
export interface Demo {
  api: string;
  temporal: { address: string; ui: string };
  mqtt: string;
  mqttCredentials?: { username: string; password: string };
  smpp: { host: string; port: number; systemId: string; password: string };
  handsets: string;
  carrier: { profile: string; shortCode: string };
  readers: { tenant: string; schoolId: string; shard: string; deviceId: string; key: string }[];
  students: DemoStudent[];
  teachers: { login: string; password: string; phone: string; classId: string }[];
  customerService: { login: string; password: string; token: string };
  parents: { phone: string; password: string }[];
}

export interface DemoStudent {
  id: string;
  tenant: string;
  schoolId: string;
  name: string;
  card: string;
  classId: string;
  guardians: string[];
}

/** The demo that this run's stack serves. */
export function demo(): Demo {
  return inject('demo');
}

/**
 * A student of gansu whose phones no other student has, a different one for each `nth`: tests that run side by side
 * must not read each other's texts.
 */
export function loneStudent(nth: number): DemoStudent {
  const { students } = demo();
  const shared = (phone: string) => students.filter((student) => student.guardians.includes(phone)).length > 1;
  const lone = students.filter((student) => student.tenant === 'gansu' && !student.guardians.some(shared));
  const student = lone[nth];
  if (!student) throw new Error(`the demo has only ${lone.length} such students`);
  return student;
}
