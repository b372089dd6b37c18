/**
 * A school's worth of readers in a process of its own: on a message {boot}, publishes that boot's signed swipes, each
 * in a message of its own, as fast as the broker takes them.
 */
import mqtt from 'mqtt';
import { signSwipe } from '../../infra/mqtt/signature.ts';
import { swipesTopic } from '../../infra/mqtt/topics.ts';

const { MQTT_URL, SWIPES, BOOTS } = process.env;
/** What a reader module keeps in flight, times a hundred readers. */
const IN_FLIGHT = 1_000;

const at = new Date().toISOString();
const payloads = new Map(
  BOOTS!.split(',').map((boot) => [
    boot,
    Array.from({ length: Number(SWIPES) }, (_, i) => {
      const swipe = { boot, seq: i + 1, card: `C${(i % 500) + 1}`, at, dir: 'in' };
      return JSON.stringify({ ...swipe, sig: signSwipe('key', 'gate', swipe) });
    }),
  ]),
);
const client = await mqtt.connectAsync(MQTT_URL!, { protocolVersion: 4 });
const topic = swipesTopic('gansu', '0', 'gate');

process.on('message', ({ boot }: { boot: string }) => {
  const waiting = payloads.get(boot)!.values();
  const publishNext = (): void => {
    const { value, done } = waiting.next();
    if (!done) client.publish(topic, value, { qos: 1 }, publishNext);
  };
  for (let i = 0; i < IN_FLIGHT; i++) publishNext();
});
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });
