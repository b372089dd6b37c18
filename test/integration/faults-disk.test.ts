import { DISK_FAULTS } from '../faults/gate-faults.ts';
import { DISK_MB, startGateRig } from '../faults/gate-rig.ts';
import { testFaults } from '../support/faults.ts';

testFaults(DISK_FAULTS, () => startGateRig({ diskMb: DISK_MB }));
