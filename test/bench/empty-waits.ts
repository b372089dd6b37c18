import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { startNodeChild } from '../../infra/embedded/node-child.ts';
import { choosePort } from '../../infra/embedded/ports.ts';
import { MqttConnection } from '../../infra/mqtt/connection.ts';
import { swipesFilter, swipesTopic } from '../../infra/mqtt/topics.ts';
import { liveMemory } from './live-memory.ts';
import type { BenchResult } from './result.ts';

/** Waits before memory is looked at first, and at last. */
const WAITS = [10_000, 110_000] as const;
/** Issue 10: flat. */
const GOAL = 1.1;

/** Live memory of a reader link's connection over 100,000 waits of one owner, each for a message that is not there yet. */
export async function benchEmptyWaits(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'campusline-bench-'));
  const port = await choosePort(0);
  const accounts = [
    { role: 'platform', username: 'platform', password: 'p' },
    { role: 'fleet', username: 'fleet', password: 'f' },
  ];
  writeFileSync(join(folder, 'accounts.json'), JSON.stringify(accounts));
  const broker = await startNodeChild({
    program: 'infra/embedded/broker-main.ts',
    env: { MQTT_PORT: String(port), MQTT_ACCOUNTS: join(folder, 'accounts.json') },
  });
  const reader = await mqtt.connectAsync(`mqtt://fleet:f@127.0.0.1:${port}`, { protocolVersion: 4 });
  const connection = await MqttConnection.open({
    ...{ url: `mqtt://platform:p@127.0.0.1:${port}`, clientId: 'waits', filter: swipesFilter('gansu', '0') },
    maxPayloadBytes: 1_000,
  });
  try {
    const owner = new AbortController();
    const live: number[] = [];
    for (let waits = 1; waits <= WAITS[1]; waits++) {
      const taking = connection.take(1, owner.signal);
      reader.publish(swipesTopic('gansu', '0', 'gate'), 'swipe');
      await taking;
      if (waits === WAITS[0] || waits === WAITS[1]) live.push(await liveMemory());
    }
    const [early, late] = live as [number, number];
    return {
      name: 'memory-100k-empty-waits',
      value: late / early,
      unit: `× of what is live 100,000 waits before, ${(early / 1e6).toFixed(0)} MB`,
      goal: GOAL,
      ok: late <= GOAL * early,
    };
  } finally {
    await connection.close();
    await reader.endAsync();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
