/** What an SMSC delivers over one connection, without the connection. */
import { Inbound, type InboundOptions } from '../../activities/carrier-inbound.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import type { ShortMessage } from '../../infra/smpp/decode.ts';
import { createLog, type Logger } from '../../infra/telemetry/log.ts';
import type { PendingStarter } from '../../infra/temporal/pending-starter.ts';
import { IDLE_STARTER } from '../../infra/temporal/pending-starter.ts';

let connections = 0;

export function aConnection(
  pool: Pool,
  {
    starter = IDLE_STARTER,
    log = createLog('test'),
    ...options
  }: { starter?: PendingStarter; log?: Logger } & InboundOptions = {},
): Inbound {
  return new Inbound({ pool, carriers: loadCarriers(), starter, log }, 'gansu', `connection/${connections++}`, options);
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

/**
 * Resolves with the answer's status.
 * @param arrives whether the SMSC gets the answer and shows it
 */
export async function deliver(inbound: Inbound, message: ShortMessage, { arrives = true } = {}): Promise<number> {
  const { status, arrived } = await new Promise<{ status: number; arrived: (() => void) | undefined }>((resolve) =>
    inbound.deliver(message, (status, arrived) => {
      resolve({ status, arrived });
      return true;
    }),
  );
  if (!arrives) return status;
  arrived?.();
  await inbound.idle();
  return status;
}
