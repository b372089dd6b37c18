import { createHmac } from 'node:crypto';
import { CHILDREN, FATHERS, MOTHERS, SURNAMES } from './names.ts';

/** A school of the demo with everybody in it. */
export interface DemoSchool {
  id: string;
  tenant: string;
  name: string;
  kind: 'primary' | 'junior';
  classes: DemoClass[];
  families: DemoFamily[];
  readers: DemoReader[];
}

export interface DemoClass {
  id: string;
  name: string;
  teacher: { id: string; accountId: string; name: string; login: string; phone: string };
}

/** Siblings live in one household and share its guardians' phones. */
export interface DemoFamily {
  householdId: string;
  /** The first one pays. */
  guardians: { id: string; name: string; phone: string }[];
  students: { id: string; name: string; classId: string; card: string }[];
}

export interface DemoReader {
  deviceId: string;
  shard: string;
  /** Signs its swipes. */
  key: string;
  /** Of its account at the broker. */
  password: string;
}

const CLASS_SIZE = 40;
/** One pair of siblings among so many families: 100 families have 120 children. */
const FAMILIES_PER_SIBLINGS = 5;
/** Of these, one pair in so many goes to the same class. */
const FAMILIES_PER_TWINS = 25;
const FAMILIES_PER_SECOND_GUARDIAN = 3;

const PLANS = [
  {
    tenant: 'gansu',
    short: 'gs1',
    name: '兰州市向阳小学',
    kind: 'primary',
    classes: ['三年级一班', '三年级二班', '五年级一班'],
    teachers: [
      ['李秀英', 'lixiuying'],
      ['王海燕', 'wanghaiyan'],
      ['张文斌', 'zhangwenbin'],
    ],
    // Numbers like the ones the documents use as examples: 13900000001.
    phones: '1390000',
    cards: 0x04_a2_b3_00,
    salt: 0,
  },
  {
    tenant: 'shanxi',
    short: 'sx1',
    name: '太原市汾河初级中学',
    kind: 'junior',
    classes: ['初一（1）班', '初一（2）班', '初二（1）班'],
    teachers: [
      ['赵建军', 'zhaojianjun'],
      ['刘晓梅', 'liuxiaomei'],
      ['陈国栋', 'chenguodong'],
    ],
    phones: '1380000',
    cards: 0x04_c1_d2_00,
    salt: 3,
  },
] as const;

/**
 * The demo's two schools, one for each carrier: 6 classes, 240 students. The same people every time; keys and
 * passwords follow from `secret`, which each data folder has of its own.
 */
export function demoSchools(secret: string): DemoSchool[] {
  return PLANS.map((plan) => {
    const classes = plan.classes.map((name, i) => {
      const [teacher, login] = plan.teachers[i]!;
      const id = `${plan.short}-t${i + 1}`;
      return {
        id: `${plan.short}-c${i + 1}`,
        name,
        teacher: { id, accountId: `account-${id}`, name: teacher, login, phone: `${plan.phones}9${pad(i + 1, 3)}` },
      };
    });
    const readers = [1, 2].map((gate) => {
      const deviceId = `${plan.short}-gate-${gate}`;
      return {
        deviceId,
        shard: String(gate),
        key: derive(secret, `key of ${deviceId}`),
        password: derive(secret, `password of ${deviceId}`).slice(0, 20),
      };
    });
    const { tenant, name, kind } = plan;
    return { id: plan.short, tenant, name, kind, classes, families: familiesOf(plan, classes), readers };
  });
}

/** A password or key nobody outside this data folder can guess, the same at every start. */
export function derive(secret: string, what: string): string {
  return createHmac('sha256', secret).update(what).digest('hex');
}

type Plan = (typeof PLANS)[number];

function familiesOf(plan: Plan, classes: DemoClass[]): DemoFamily[] {
  const families: DemoFamily[] = [];
  const sizes = new Map(classes.map(({ id }) => [id, 0]));
  const total = classes.length * CLASS_SIZE;
  for (let n = 0, family = 0; n < total; family++) {
    const surname = SURNAMES[(family * 7 + plan.salt) % SURNAMES.length]!;
    const siblings = family % FAMILIES_PER_SIBLINGS === 2 ? 2 : 1;
    const twins = family % FAMILIES_PER_TWINS === 2;
    const students: DemoFamily['students'] = [];
    for (let child = 0; child < siblings; child++, n++) {
      const classId = twins && child === 1 ? students[0]!.classId : smallest(sizes);
      sizes.set(classId, sizes.get(classId)! + 1);
      students.push({
        id: `${plan.short}-s${pad(n + 1, 3)}`,
        name: surname + CHILDREN[(n * 13) % CHILDREN.length]!,
        classId,
        card: (plan.cards + n * 3 + 1).toString(16).toUpperCase().padStart(8, '0'),
      });
    }
    const householdId = `${plan.short}-h${pad(family + 1, 3)}`;
    families.push({ householdId, guardians: guardiansOf(plan, family, surname), students });
  }
  return families;
}

function smallest(sizes: ReadonlyMap<string, number>): string {
  return [...sizes].reduce((a, b) => (b[1] < a[1] ? b : a))[0];
}

function guardiansOf(plan: Plan, family: number, surname: string): DemoFamily['guardians'] {
  const mother =
    SURNAMES[(family * 11 + 5 + plan.salt) % SURNAMES.length]! + MOTHERS[(family * 3 + plan.salt) % MOTHERS.length]!;
  const father = surname + FATHERS[(family * 7 + plan.salt) % FATHERS.length]!;
  const names = family % FAMILIES_PER_SECOND_GUARDIAN === 1 ? [mother, father] : [family % 2 ? father : mother];
  return names.map((name, i) => ({
    id: `${plan.short}-g${pad(family + 1, 3)}${'ab'[i]}`,
    name,
    phone: `${plan.phones}${i}${pad(family + 1, 3)}`,
  }));
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}

/** Whose phone is whose, as the handsets page names them. */
export function phonebookOf(schools: readonly DemoSchool[]): { phone: string; label: string }[] {
  return schools.flatMap(({ classes, families }) => [
    ...classes.map(({ name, teacher }) => ({ phone: teacher.phone, label: `${teacher.name} ${name}班主任` })),
    ...families.flatMap(({ guardians, students }) =>
      guardians.map(({ name, phone }) => ({
        phone,
        label: `${name} ${students.map((each) => each.name).join('、')}家长`,
      })),
    ),
  ]);
}
