/** What an SMSC delivers over one connection, without the connection. */
import type { Client } from '@temporalio/client';
import { Inbound } from '../../activities/carrier-inbound.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import type { ShortMessage } from '../../infra/smpp/decode.ts';
import { createLog, type Logger } from '../../infra/telemetry/log.ts';

let connections = 0;

/** @param start instead of a Temporal server's */
export function aConnection(
  pool: Pool,
  { start = () => Promise.resolve(), log = createLog('test') }: { start?: () => Promise<void>; log?: Logger } = {},
): Inbound {
  const client = { workflow: { start } } as unknown as Client;
  return new Inbound({ pool, carriers: loadCarriers(), client, log }, 'gansu', `connection/${connections++}`);
}

export function aMessage(text: string, more: Partial<ShortMessage> = {}): ShortMessage {
  return {
    source: '+8613900000001',
    destination: '10657099',
    esmClass: 0,
    dataCoding: 8,
    content: Buffer.from(text, 'utf16le').swap16(),
    tlvs: new Map(),
    malformed: undefined,
    ...more,
  };
}

/** Resolves with the answer's status. */
export function deliver(inbound: Inbound, message: ShortMessage): Promise<number> {
  return new Promise((resolve) =>
    inbound.deliver(message, (status) => {
      resolve(status);
      return true;
    }),
  );
}
