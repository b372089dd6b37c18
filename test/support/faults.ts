import { afterAll, beforeAll, expect, test } from 'vitest';
import { SMALL, type Fault } from '../faults/fault.ts';
import { runFault } from '../faults/run.ts';
import type { Rig } from './rig.ts';

/** With the timers a fault waits out: heartbeats, enquire_link, the response timeout. */
const FAULT_WITHIN_MS = 360_000;

/** One test for each fault, with the load of `npm test`, on one rig. */
export function testFaults(faults: readonly Fault[], start: () => Promise<Rig>): void {
  let rig: Rig;
  beforeAll(async () => {
    rig = await start();
  }, 90_000);
  afterAll(() => rig?.stop(), 60_000);

  for (const fault of faults) {
    test.skipIf(fault.skip?.() !== undefined)(`survives: ${fault.name}`, { timeout: FAULT_WITHIN_MS }, async () => {
      const { failures, lost } = await runFault(rig, fault, SMALL);
      expect({ failures, lost }).toEqual({ failures: [], lost: 0 });
    });
  }
}
