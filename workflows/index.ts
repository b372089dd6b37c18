/** The bundle's entry: one export per workflow type. */
export { attendanceEvent } from './attendance-event.ts';
export { billingCycle, billingMonth } from './billing-cycle.ts';
export { carrierLink } from './carrier-link.ts';
export { inboundSms } from './inbound-sms.ts';
export { readerAlarms } from './reader-alarms.ts';
export { readerLink } from './reader-link.ts';
export { subscription } from './subscription.ts';
export { teacherMessage } from './teacher-message.ts';
export { trialPeriod } from './trial-period.ts';
