import { civilOf } from './civil-time.ts';

/** When a school expects swipes, as wall-clock minutes of its day. */
export interface ArrivalWindow {
  fromMinute: number;
  untilMinute: number;
}

/**
 * Whether a gate is silent: its school's arrival window is over, today, and nothing was heard from it since the window
 * began (issue 4). Until the window ends nothing is said: a small school's first swipe may come late.
 * @param lastSeenAt epoch ms, undefined: never
 */
export function isSilent(
  { fromMinute, untilMinute }: ArrivalWindow,
  lastSeenAt: number | undefined,
  now: number,
  zone: string,
): boolean {
  const { hour, minute, second } = civilOf(now, zone);
  if (hour * 60 + minute < untilMinute) return false;
  const beganAt = now - ((hour * 60 + minute - fromMinute) * 60 + second) * 1_000 - (now % 1_000);
  return lastSeenAt === undefined || lastSeenAt < beganAt;
}
