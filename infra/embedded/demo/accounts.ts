import { derive, type DemoSchool } from './roster.ts';

/** Logins of the demo, with the passwords the table prints. */
export interface DemoAccounts {
  teachers: { login: string; password: string; phone: string; classId: string }[];
  /** Their guardians may sign in on the web; login = phone. */
  parents: { phone: string; password: string; guardianId: string; tenant: string }[];
  customerService: { login: string; password: string; token: string };
  staff: { login: string; password: string; role: StaffRole; schoolId: string | null }[];
}

/** Who else has pages of its own: principals see their school, the others every carrier of the demo. */
export type StaffRole = 'school-admin' | 'agent' | 'carrier-admin' | 'ops';

/** Families with a login on the web, per school. */
const WEB_FAMILIES = 6;

/** Teachers share one password, parents and staff another each: easy to type, and slow hashes are made four times, not 25. */
export function demoAccounts(schools: readonly DemoSchool[], secret: string): DemoAccounts {
  const password = (whose: string) => derive(secret, `password of ${whose}`).slice(0, 10);
  const staff = (login: string, role: StaffRole, schoolId: string | null = null) => ({
    ...{ login, role, schoolId },
    password: password('staff'),
  });
  return {
    teachers: schools.flatMap(({ classes }) =>
      classes.map(({ id, teacher: { login, phone } }) => ({
        login,
        password: password('teachers'),
        phone,
        classId: id,
      })),
    ),
    parents: schools.flatMap(({ tenant, families }) =>
      families.slice(0, WEB_FAMILIES).map(({ guardians: [payer] }) => ({
        phone: payer!.phone,
        password: password('parents'),
        guardianId: payer!.id,
        tenant,
      })),
    ),
    customerService: { login: '10086', password: password('10086'), token: derive(secret, 'token of 10086') },
    staff: [
      ...schools.map(({ id }) => staff(`principal-${id}`, 'school-admin', id)),
      staff('agent', 'agent'),
      staff('carrier-admin', 'carrier-admin'),
      staff('ops', 'ops'),
    ],
  };
}
