/** Every workflow id is built here, from the same keys that are unique in the database. */
export const subscriptionId = (tenant: string, unit: string) => `subscription/${tenant}/${unit}`;
export const attendanceEventId = (device: string, boot: string, seq: number) => `swipe/${device}/${boot}/${seq}`;
export const teacherMessageId = (message: string) => `message/${message}`;
export const trialPeriodId = (trial: string) => `trial/${trial}`;
export const inboundSmsId = (tenant: string, hash: string) => `mo/${tenant}/${hash}`;
export const carrierLinkId = (tenant: string, link: number) => `carrier-link/${tenant}/${link}`;
export const billingCycleId = (tenant: string, month: string) => `billing/${tenant}/${month}`;
export const billingScheduleId = (tenant: string) => `billing-schedule/${tenant}`;
export const readerAlarmScheduleId = (tenant: string) => `reader-alarm-schedule/${tenant}`;
export const readerLinkId = (tenant: string, shard: string) => `reader-link/${tenant}/${shard}`;

/** Task queues, one per worker role: a stalled carrier never holds up the gate. */
export const TASK_QUEUE = { core: 'core', carrier: 'carrier', readers: 'readers' } as const;
export type Role = keyof typeof TASK_QUEUE;
/** Of the reader links, beside that of their role: they begin while thousands of swipes wait. */
export const READER_LINK_QUEUE = 'reader-links';
