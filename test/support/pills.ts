import fc from 'fast-check';
import type { Delivery } from '../../infra/mqtt/connection.ts';
import { swipesTopic } from '../../infra/mqtt/topics.ts';
import { GATES, READER, signedSwipe, swipedAt, type WireSwipe } from './reader.ts';

const field = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\0', 'CARD1', '\ud800', '__proto__', 'in', 'b1', swipedAt(), '9999-12-31T23:59:59+14:00'),
);

/** As deep as the generator goes by itself, in arrays and objects mixed. */
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'max', withCrossShrink: true },
    fc.constantFrom(null, 1, '"[{', '\0'),
    fc.tuple(tie('tree')),
    fc.record({ a: tie('tree') }),
    fc.array(tie('tree'), { maxLength: 2 }),
  ),
}));
/** And as deep as a payload has room for. */
const pit = fc
  .tuple(
    fc.constantFrom(['[', ']'], ['{"a":', '}'], ['[{"a":', '}]']),
    fc.integer({ min: 0, max: 8_000 }),
    fc.boolean(),
  )
  .map(([[open, close], depth, closes]) => open.repeat(depth) + '1' + (closes ? close.repeat(depth) : ''));

const forged = fc.record(
  { boot: field, seq: field, card: field, at: field, dir: field, sig: field, more: tree },
  { requiredKeys: [] },
);
/** Signed with the reader's own key, whatever it says. */
const signed = fc
  .record(
    {
      boot: fc.oneof({ weight: 5, arbitrary: fc.constantFrom('b1', 'b2') }, fc.string()),
      seq: fc.oneof(fc.nat({ max: 50 }), fc.maxSafeInteger()),
      card: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom('CARD1', 'CARD2', 'CARDLOST') },
        fc.string({ unit: 'binary' }),
      ),
      at: fc.oneof(
        fc.constant(swipedAt()),
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      ),
      dir: fc.constantFrom('in', 'in', 'out', 'out', 'up'),
    },
    { requiredKeys: [] },
  )
  .map((fields) => signedSwipe(fields as Partial<WireSwipe>));

const payload = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  pit,
  tree.map((value) => JSON.stringify(value)),
  fc.array(fc.oneof(forged, signed), { maxLength: 6 }).map((value) => JSON.stringify(value)),
  forged.map((value) => JSON.stringify(value)),
  signed.map((value) => JSON.stringify(value)),
);
const topicOf = ({ deviceId }: { deviceId: string }) => swipesTopic('gansu', '0', deviceId);
const topic = fc.oneof(
  { weight: 3, arbitrary: fc.constant(topicOf(READER)) },
  fc.constantFrom(...GATES).map(topicOf),
  fc.string({ unit: 'binary' }).map((deviceId) => topicOf({ deviceId })),
  fc.constantFrom(topicOf({ deviceId: 'a\0b' }), topicOf({ deviceId: '\ud800' }), ''),
);

/** Whatever a broker might bring. */
export const deliveries: fc.Arbitrary<Delivery> = fc.record({
  topic,
  payload: payload.map((body) => Buffer.from(body as string)),
  digestOfOversize: fc.constantFrom(undefined, undefined, undefined, 'f'.repeat(64)),
  messageId: fc.constant(1),
});
