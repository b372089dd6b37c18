import { Router } from 'express';
import { z } from 'zod';
import { faultAction, faultSettings } from './faults.ts';
import type { Phonebook } from './phonebook.ts';
import { Problem, valid } from './problem.ts';
import { TooManyWaiting, type Smsc } from './smsc.ts';
import { isoTime, localNumber } from './text.ts';
import type { Text } from './threads.ts';

const phoneNumber = z
  .string()
  .transform(localNumber)
  .pipe(z.string().regex(/^\d{3,20}$/, 'must be 3 to 20 digits'));
const ofPhone = z.object({ phone: phoneNumber });
/** 255 parts of 67 are the most that concatenation can number. */
const outgoing = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(255 * 67),
  to: z.string().regex(/^\d{3,21}$/, 'must be 3 to 21 digits'),
});
const page = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});
const search = z.object({
  q: z.string().max(100).default(''),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});

const json = ({ from, to, text, at }: Text) => ({ from, to, text, at: isoTime(at) });

/** The phones (architecture §4): `GET`, `POST /phones/{phone}/messages`; `GET /phones?q=&limit=` for the page. */
export function handsetRoutes(smsc: Smsc, phonebook: Phonebook): Router {
  const router = Router();
  router.get('/phones', async (request, response) => {
    const { q, limit } = valid(search, request.query);
    const labels = await phonebook.labels();
    const texted = smsc.threads.latest();
    const known = new Set(texted.map(({ phone }) => phone));
    const all = [
      ...texted.map(({ phone, last }) => ({ phone, label: labels.get(phone) ?? null, last: json(last) })),
      ...[...labels].flatMap(([phone, label]) => (known.has(phone) ? [] : [{ phone, label, last: null }])),
    ];
    response.json(all.filter(({ phone, label }) => phone.includes(q) || label?.includes(q)).slice(0, limit));
  });
  router.get('/phones/:phone/messages', (request, response) => {
    const { phone } = valid(ofPhone, request.params);
    response.json(smsc.threads.of(phone).map(json));
  });
  router.post('/phones/:phone/messages', (request, response) => {
    const { phone: from } = valid(ofPhone, request.params);
    const { text, to } = valid(outgoing, request.body);
    try {
      smsc.sendFromPhone({ from, to, text });
    } catch (error) {
      if (error instanceof TooManyWaiting) throw new Problem(503, error.message);
      throw error;
    }
    response.status(202).json({});
  });
  return router;
}

/** Faults on demand: `GET`, `PUT /faults` (what is not named is switched off), `POST /faults/actions`. */
export function faultRoutes(smsc: Smsc): Router {
  const router = Router();
  router.get('/faults', (_request, response) => {
    response.json(smsc.faults.settings);
  });
  router.put('/faults', (request, response) => {
    smsc.faults.replace(valid(faultSettings, request.body));
    response.json(smsc.faults.settings);
  });
  router.post('/faults/actions', async (request, response) => {
    await smsc.act(valid(faultAction, request.body));
    response.status(202).json({});
  });
  return router;
}

/** What was accepted, and the counts: `GET /accept-log?after=&limit=`, `GET /stats`. */
export function logRoutes(smsc: Smsc): Router {
  const router = Router();
  router.get('/accept-log', (request, response) => {
    const { after, limit } = valid(page, request.query);
    response.json(
      smsc.acceptLog.after(after, limit).map((entry) => ({ ...entry, id: String(entry.id), at: isoTime(entry.at) })),
    );
  });
  router.get('/stats', (_request, response) => {
    response.json(smsc.stats());
  });
  return router;
}
