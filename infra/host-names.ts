import { isIP } from 'node:net';

/**
 * Whether a Host header names us. A page of somebody else's can have its own name lead to this machine (DNS rebinding)
 * and then asks as if it were ours; a browser that was given an address, or `localhost`, was sent by nobody's name.
 * @param names that lead here otherwise, in lower case
 */
export function isKnownHost(header: string | undefined, names: readonly string[] = []): boolean {
  // Without one it is HTTP/1.0, which no browser speaks.
  if (header === undefined) return true;
  const [, bracketed, plain] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(header) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  const name = plain?.toLowerCase().replace(/\.$/, '');
  if (name === undefined) return false;
  return isIP(name) === 4 || name === 'localhost' || name.endsWith('.localhost') || names.includes(name);
}
