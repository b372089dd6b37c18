import { addFamilies, READER_ACCOUNTS } from '../support/families.ts';
import { Rig, type RigOptions } from '../support/rig.ts';
import { ROSTER } from './storm.ts';

/** Children enough for every storm of a run, each swiping once. */
const FAMILIES = 40_000;
/** An empty cluster, its log, the school, and room for a storm or two. */
export const DISK_MB = 400;

/** A rig with a large school, its gates, and workers for both edges. */
export function startGateRig(options: RigOptions = {}): Promise<Rig> {
  return Rig.start({
    accounts: READER_ACCOUNTS,
    load: (pool) => addFamilies(pool, { ...ROSTER, families: FAMILIES }),
    workers: [['carrier'], ['readers']],
    ...options,
  });
}
