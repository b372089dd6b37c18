/** Topics of readers (architecture §4). */
export const swipesFilter = (tenant: string, shard: string) => `campusline/${tenant}/swipes/${shard}/+`;
export const swipesTopic = (tenant: string, shard: string, deviceId: string) =>
  `campusline/${tenant}/swipes/${shard}/${deviceId}`;
export const acksTopic = (tenant: string, deviceId: string) => `campusline/${tenant}/acks/${deviceId}`;

/** The device a swipe's topic names: its last level. */
export function deviceOf(topic: string): string {
  return topic.slice(topic.lastIndexOf('/') + 1);
}
