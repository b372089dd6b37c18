import { CHAOS_FAULTS, startChaosRig } from '../faults/chaos-faults.ts';
import { testFaults } from '../support/faults.ts';

testFaults(CHAOS_FAULTS, startChaosRig);
