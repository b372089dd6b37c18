import { OWNER_FAULTS } from '../faults/owner-faults.ts';
import { testFaults } from '../support/faults.ts';
import { Rig } from '../support/rig.ts';

testFaults(OWNER_FAULTS, () => Rig.start({ workers: [['carrier']] }));
