/** The bundle's entry: one export per workflow type. */
export { billingCycle, billingMonth } from './billing-cycle.ts';
