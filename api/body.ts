import { promisify } from 'node:util';
import express, { type Request, type Response } from 'express';
import { refuseOtherEncodings } from '../infra/json-encoding.ts';
import { Problem } from './problem.ts';

/**
 * Reads a JSON body. A cookie's POST must say it is JSON: what a foreign page's form can't send.
 * @param limit bytes
 * @throws Problem 400, 413, 415
 */
export async function readBody(request: Request, response: Response, limit: number): Promise<unknown> {
  const sent = request.headers['transfer-encoding'] !== undefined || Number(request.get('content-length') ?? 0) > 0;
  if (!sent) throw Problem.field(400, 'body', 'is required');
  if (!request.is('application/json')) throw Problem.field(415, 'body', 'must be application/json');
  await promisify(express.json({ limit, inflate: false, verify: refuseOtherEncodings }))(request, response);
  return request.body as unknown;
}

/**
 * The path of the first text in `value` that nothing here can hold: with NUL, which Postgres refuses, or half a
 * surrogate pair, which would become U+FFFD on the wire. Without recursion, as JSON may be nested as deep as it is long.
 */
export function unwritable(value: unknown): string | undefined {
  const waiting: [path: string, value: unknown][] = [['', value]];
  for (let next; (next = waiting.pop()) !== undefined;) {
    const [path, each] = next;
    if (typeof each === 'string' && (each.includes('\0') || !each.isWellFormed())) return path;
    if (typeof each !== 'object' || each === null) continue;
    for (const [name, inner] of Object.entries(each)) waiting.push([path === '' ? name : `${path}.${name}`, inner]);
  }
  return undefined;
}
