/** What a trial takes: the bundle of its tests. */
export { inboundSms } from '../../workflows/inbound-sms.ts';
export { subscription } from '../../workflows/subscription.ts';
export { teacherMessage } from '../../workflows/teacher-message.ts';
export { trialPeriod } from '../../workflows/trial-period.ts';
