import { isUtf8 } from 'node:buffer';

/**
 * For express.json's `verify`: JSON is UTF-8 (RFC 8259 §8.1). A decoder would put U+FFFD for what is not, and that would be
 * stored.
 * @throws Error with the `status` and `type` of its kind, as the body parser's own have
 */
export function refuseOtherEncodings(_request: unknown, _response: unknown, body: Buffer, charset: string): void {
  if (charset !== 'utf-8')
    throw Object.assign(new Error('must be in UTF-8'), { status: 415, type: 'charset.unsupported' });
  if (!isUtf8(body)) throw Object.assign(new Error('is not UTF-8'), { status: 400, type: 'encoding.wrong' });
}
