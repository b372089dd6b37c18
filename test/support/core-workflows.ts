/** What a text to the short code may start: the bundle of its tests. */
export { inboundSms } from '../../workflows/inbound-sms.ts';
export { subscription } from '../../workflows/subscription.ts';
