import { GATE_OWNER_FAULTS } from '../faults/gate-faults.ts';
import { startGateRig } from '../faults/gate-rig.ts';
import { testFaults } from '../support/faults.ts';

testFaults(GATE_OWNER_FAULTS, () => startGateRig());
