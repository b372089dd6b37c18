import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { startBroker } from './broker.ts';
import { runChild } from './child.ts';

const login = { username: z.string().min(1), password: z.string().min(1) };
const accounts = z.array(
  z.discriminatedUnion('role', [
    z.object({ role: z.literal('platform'), ...login }),
    z.object({ role: z.literal('fleet'), ...login }),
    z.object({ role: z.literal('reader'), ...login, tenant: z.string(), shard: z.string() }),
  ]),
);

await runChild(() =>
  startBroker({
    port: Number(process.env['MQTT_PORT']),
    accounts: accounts.parse(JSON.parse(readFileSync(process.env['MQTT_ACCOUNTS']!, 'utf8'))),
  }),
);
