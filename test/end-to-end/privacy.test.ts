import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection, type Workflow, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Caller } from '../support/caller.ts';
import { demo, loneStudent } from '../support/demo.ts';
import { Gate } from '../support/gate.ts';
import { Handset } from '../support/handset.ts';

// Spec §11: never a phone number, a child's name or a message's body in a log or a workflow history in plain.
const SECRET_WORDS = ['只有家长知道的话', '只有老师知道的话'];
const student = loneStudent(6);
const parent = new Handset(student.guardians[0]!);
let client: Client;

beforeAll(async () => {
  client = new Client({ connection: await Connection.connect({ address: demo().temporal.address }) });
  const gate = await Gate.open(student.schoolId);
  await gate.send(gate.record(student.card));
  await parent.receives(/到校/);
  await gate.close();
  const teacher = await Caller.teacherOf(student.classId);
  const audience = { studentIds: [student.id] };
  await teacher.post('/api/v1/messages', { kind: 'homework', audience, text: SECRET_WORDS[1] });
  const { from } = await parent.receives(/只有老师知道的话/);
  await parent.send(SECRET_WORDS[0]!, from);
  await parent.send('QXJX');
  await parent.receives(/退订/);
});
afterAll(() => client.connection.close());

/** What must not be found: phones, names and texts of everybody in the demo. */
function personal(): string[] {
  const { students, teachers } = demo();
  const phones = [...students.flatMap(({ guardians }) => guardians), ...teachers.map(({ phone }) => phone)];
  return [...new Set([...phones, ...students.map(({ name }) => name), ...SECRET_WORDS])];
}

it('no log has a phone, a name or a text', () => {
  const folder = join(inject('dataDir'), 'logs');
  const logs = readdirSync(folder).filter((name) => /^(worker|api|broker|simulator)/.test(name));
  expect(logs.length).toBeGreaterThan(0);
  const text = logs.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  expect(personal().filter((word) => text.includes(word))).toEqual([]);
});

it('no workflow has them in its id, arguments, results or history', async () => {
  const found: string[] = [];
  const types = new Set<string>();
  for await (const { workflowId, runId, type } of client.workflow.list()) {
    types.add(type);
    const text = workflowId + (await historyText(client.workflow.getHandle(workflowId, runId)));
    // Its arguments: without them readable, this would find nothing whatever they said.
    if (type === 'attendanceEvent') expect(text).toContain('deviceId');
    for (const word of personal()) if (text.includes(word)) found.push(`${type}: ${word}`);
  }
  expect(found).toEqual([]);
  for (const type of ['attendanceEvent', 'teacherMessage', 'inboundSms', 'subscription', 'carrierLink', 'readerLink'])
    expect(types).toContain(type);
});

/** The history with its payloads readable: in its JSON they are base64. */
async function historyText(handle: WorkflowHandle<Workflow>): Promise<string> {
  const history = await handle.fetchHistory();
  return JSON.stringify(history, (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : value,
  );
}
