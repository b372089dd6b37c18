/** What a family's months take: the bundle of their tests. */
export { billingCycle } from '../../workflows/billing-cycle.ts';
export { subscription } from '../../workflows/subscription.ts';
