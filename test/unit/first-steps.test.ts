import { describe, expect, it } from 'vitest';
import { demoAccounts } from '../../infra/embedded/demo/accounts.ts';
import { demoFile, emptyDemoFile, type StackAddresses } from '../../infra/embedded/demo/demo-file.ts';
import { demoSchools } from '../../infra/embedded/demo/roster.ts';
import { firstSteps } from '../../infra/embedded/first-steps.ts';

const addresses: StackAddresses = {
  api: 'http://web',
  temporal: { address: 'temporal:7233', ui: null },
  mqtt: 'mqtt://broker',
  smpp: { host: 'smsc', port: 2775, systemId: 's', password: 'p' },
  metrics: { url: 'http://web/metrics', token: 'token-of-ops' },
  handsets: 'http://handsets',
};
const carrier = { profile: 'gansu', shortCode: '10657099' };
const schools = demoSchools('secret');
const accounts = demoAccounts(schools, 'secret');
const demo = demoFile(addresses, carrier, schools, accounts);

describe('what to try first', () => {
  it('names who was texted, that child and its teacher', () => {
    const student = demo.students.find(({ classId }) => classId === 'gs1-c3')!;
    const steps = firstSteps(demo, student.guardians[0]!);
    expect(steps).toContain(`http://handsets/?phone=${student.guardians[0]}`);
    expect(steps).toContain(`${student.name}的家长，今早的刷卡短信已到`);
    const teacher = demo.teachers.find(({ classId }) => classId === 'gs1-c3')!;
    expect(steps).toContain(`http://web  ${teacher.login} / ${teacher.password}`);
  });

  it('says so when nobody was texted yet', () => {
    const steps = firstSteps(demo, null);
    expect(steps).toContain(`?phone=${demo.students[0]!.guardians[0]}`);
    expect(steps).toContain('还没有短信');
  });

  it('is nothing without a demo', () => {
    expect(firstSteps(emptyDemoFile(addresses, carrier), null)).toBe('');
  });
});
