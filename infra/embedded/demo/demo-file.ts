import type { DemoAccounts, StaffRole } from './accounts.ts';
import type { DemoSchool } from './roster.ts';

/** Where everything is, as `demo.json` and the table tell it. */
export interface StackAddresses {
  api: string;
  /** `ui` is null where a server of the user's own has none that we know of. */
  temporal: { address: string; ui: string | null };
  mqtt: string;
  mqttCredentials?: { username: string; password: string };
  smpp: { host: string; port: number; systemId: string; password: string };
  /** What Prometheus scrapes, and the bearer token it needs. */
  metrics: { url: string; token: string };
  /** Null when a real SMSC is used: then the phones are real too. */
  handsets: string | null;
}

/** What other programs read (architecture §4). */
export interface DemoFile extends StackAddresses {
  carrier: { profile: string; shortCode: string };
  readers: { tenant: string; schoolId: string; shard: string; deviceId: string; key: string }[];
  students: {
    id: string;
    tenant: string;
    schoolId: string;
    name: string;
    card: string;
    classId: string;
    guardians: string[];
  }[];
  teachers: { login: string; password: string; phone: string; classId: string }[];
  customerService?: { login: string; password: string; token: string };
  /** Beyond the contract: whoever looks for a login finds it where the table says that all of them are. */
  staff: { login: string; password: string; role: StaffRole; schoolId: string | null }[];
  parents: { phone: string; password: string }[];
}

/** The demo without people: what `--no-demo` has to tell. */
export function emptyDemoFile(addresses: StackAddresses, carrier: DemoFile['carrier']): DemoFile {
  return { ...addresses, carrier, readers: [], students: [], teachers: [], staff: [], parents: [] };
}

/** The whole of `demo.json`. */
export function demoFile(
  addresses: StackAddresses,
  carrier: DemoFile['carrier'],
  schools: readonly DemoSchool[],
  accounts: DemoAccounts,
): DemoFile {
  return {
    ...addresses,
    carrier,
    readers: schools.flatMap(({ id: schoolId, tenant, readers }) =>
      readers.map(({ deviceId, shard, key }) => ({ tenant, schoolId, shard, deviceId, key })),
    ),
    students: schools.flatMap(({ id: schoolId, tenant, families }) =>
      families.flatMap(({ students, guardians }) =>
        students.map(({ id, name, card, classId }) => ({
          ...{ id, tenant, schoolId, name, card, classId },
          guardians: guardians.map(({ phone }) => phone),
        })),
      ),
    ),
    teachers: accounts.teachers,
    customerService: accounts.customerService,
    staff: accounts.staff,
    parents: accounts.parents.map(({ phone, password }) => ({ phone, password })),
  };
}
