/** The bundle of benches against empty workflows: what is measured and what it is measured against. */
export { attendanceEvent } from '../../workflows/attendance-event.ts';
export { inboundSms } from '../../workflows/inbound-sms.ts';
export { subscription } from '../../workflows/subscription.ts';

export function emptyWorkflow(): Promise<string> {
  return Promise.resolve('');
}
