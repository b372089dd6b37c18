import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SwipeClaim } from '../../workflows/domain/swipe.ts';

/** HMAC-SHA256(key, `deviceId|boot|seq|card|at|dir`) in lower-case hex, over the strings exactly as sent (architecture §4). */
export function signSwipe(key: string, deviceId: string, swipe: Omit<SwipeClaim, 'sig'>): string {
  const { boot, seq, card, at, dir } = swipe;
  return createHmac('sha256', key).update(`${deviceId}|${boot}|${seq}|${card}|${at}|${dir}`).digest('hex');
}

/** Whether the device with this key signed the claim; takes as long whether right or wrong. */
export function isSignedBy(key: string, deviceId: string, claim: SwipeClaim): boolean {
  const expected = Buffer.from(signSwipe(key, deviceId, claim));
  const given = Buffer.from(claim.sig);
  return expected.length === given.length && timingSafeEqual(expected, given);
}
