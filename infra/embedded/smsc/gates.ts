import { readFileSync } from 'node:fs';
import { Router } from 'express';
import { z } from 'zod';
import { gatesFile, type SchoolGates } from '../demo/gates.ts';
import { VirtualReader } from '../demo/virtual-reader.ts';
import { Problem, valid } from './problem.ts';

/** Longer than a broker and a platform in health take; the reader keeps its record and sends it with the next. */
const ACK_MS = 5_000;
const MOST_MINUTES_AGO = 24 * 60;

const swipe = z.strictObject({
  deviceId: z.string(),
  card: z.string(),
  dir: z.enum(['in', 'out']),
  minutesAgo: z.int().min(0).max(MOST_MINUTES_AGO).default(0),
  forged: z.boolean().default(false),
});

/** @throws Error when the file is missing or wrong: who starts us has just written it */
export function readGates(path: string | undefined): SchoolGates[] {
  return path === undefined ? [] : gatesFile.parse(JSON.parse(readFileSync(path, 'utf8')));
}

/** Virtual readers: `GET /gates` (none: no demo) and `POST /gates/swipes`, which is one card held to one reader. */
export function gateRoutes(gates: readonly SchoolGates[]): Router {
  const readers = new Map(
    gates.flatMap(({ tenant, mqttUrl, readers }) =>
      readers.map((reader) => [reader.deviceId, new VirtualReader({ tenant, mqttUrl, ...reader })]),
    ),
  );
  const router = Router();
  router.get('/gates', (_request, response) => {
    // Their keys stay here.
    const shown = gates.map(({ school, readers, classes }) => ({
      ...{ school, classes },
      readers: readers.map(({ deviceId }) => deviceId),
    }));
    response.json(shown);
  });
  router.post('/gates/swipes', async (request, response) => {
    const { deviceId, card, dir, minutesAgo, forged } = valid(swipe, request.body);
    const reader = readers.get(deviceId);
    if (!reader) throw new Problem(404, `There is no virtual reader ${deviceId}`);
    const held = { card, dir, at: Date.now() - minutesAgo * 60_000 };
    try {
      const { records, acked } = forged
        ? { records: [await reader.forge(held)], acked: 0 }
        : await reader.send([held], ACK_MS);
      const { boot, seq, at } = records[0]!;
      response.json({ boot, seq, at, acked: acked === 1 });
    } catch (error) {
      throw new Problem(503, `The broker can't be reached: ${(error as Error).message}`);
    }
  });
  return router;
}
