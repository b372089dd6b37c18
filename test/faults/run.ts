import type { Rig } from '../support/rig.ts';
import type { Fault, FaultResult, Load } from './fault.ts';

/** Runs one fault on a healthy rig. What throws is a failure like any other: the next fault has its turn. */
export async function runFault(rig: Rig, fault: Fault, load: Load): Promise<FaultResult> {
  try {
    await rig.heal();
    const result = await fault.run(rig, load);
    await rig.smsc.faults({});
    return result;
  } catch (error) {
    const failures = [(error as Error).message];
    return { injected: 0, sent: 0, acceptedOnce: 0, possibleDuplicates: 0, listed: 0, lost: 0, failures };
  }
}
