import { Client, Connection } from '@temporalio/client';

/** Where the engine is. */
export interface TemporalAddress {
  /** host:port of the frontend. */
  address: string;
  namespace: string;
}

/** Connects a client for starting, updating and querying workflows. Throws when the server does not answer in 10 s. */
export async function connectTemporal({ address, namespace }: TemporalAddress): Promise<Client> {
  const connection = await Connection.connect({ address, connectTimeout: '10s' });
  return new Client({ connection, namespace });
}
