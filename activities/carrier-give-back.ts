/** The end of a connection: what was claimed for it is sent, or goes back. */
import type { SmppClient } from '../infra/smpp/client.ts';
import type { Inbound } from './carrier-inbound.ts';
import type { OutcomeWriter } from './carrier-outcomes.ts';
import type { ClaimedText } from './carrier-claim.ts';
import type { Reserve } from './carrier-reserve.ts';
import type { Sender } from './carrier-sender.ts';

/** What a connection sends by. */
export interface Outbound {
  sender: Sender;
  reserve: Reserve;
  writer: OutcomeWriter;
}

export interface GiveBackOptions {
  /** What is in flight has this long. */
  drainMs: number;
  /** Puts texts that never left back into the queue, however long the database is away. */
  returnTexts: (unsent: ClaimedText[]) => Promise<void>;
}

/**
 * Lets what is in flight finish, records it, returns what never left, and unbinds.
 * @throws FencedError when another owner has the link
 */
export async function giveBack(
  { sender, reserve, writer, client, inbound }: Outbound & { client: SmppClient; inbound: Inbound },
  { drainMs, returnTexts }: GiveBackOptions,
): Promise<void> {
  const kept = await reserve.empty();
  const unsent = [...(await sender.stop(drainMs)), ...kept];
  try {
    // What is recorded and returned by now is safe, should the process be killed while it says goodbye.
    await writer.flush();
    writer.check();
    if (unsent.length > 0) await returnTexts(unsent);
  } finally {
    await inbound.idle();
    await client.unbind();
    await inbound.close();
  }
  // What a late response told meanwhile.
  await writer.flush();
  writer.check();
}
