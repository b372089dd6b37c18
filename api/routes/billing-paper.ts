import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { carrierVersion, type Carriers } from '../../infra/carriers.ts';
import { backtest, eventsPage, type BacktestDifference } from '../../infra/postgres/billing-replay.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { chargeEvent } from '../../workflows/domain/billing-decision.ts';
import { monthEnd, monthsBetween, monthStart } from '../../workflows/domain/billing-month.ts';
import { changeProfile } from '../../workflows/domain/billing-tariff.ts';
import { decideCharges } from '../../workflows/domain/charging.ts';
import { checkMonth, month, tenant } from '../billing-fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { checkTenant } from '../sight.ts';

/** A longer backtest belongs on the command line. */
const MAX_MONTHS = 36;
/** Previews and backtests at a time. */
const MAX_ON_PAPER = 2;

const lineLimit = z.int().min(0).max(10_000).default(100);
const total = z.object({ month: z.string(), beforeFen: z.int(), afterFen: z.int(), familiesChanged: z.int() });

/** A carrier's months on paper: the rules over real subscriptions, nothing written. */
export function billingPaperRoutes({ pool, carriers }: { pool: Pool; carriers: Carriers }): Route[] {
  let working = 0;
  return [
    route({
      method: 'post',
      path: '/api/v1/billing/preview',
      operationId: 'previewBilling',
      summary: 'What a month would charge, with what is known now; nothing is written',
      may: 'bills:read',
      body: z.strictObject({ tenant, month, limit: lineLimit }).meta({ id: 'BillingPreview' }),
      audit: ({ body }) => ({ carrier: body.tenant, isLook: true }),
      replies: {
        200: {
          description: 'Totals, and the first lines.',
          schema: z.object({
            families: z.int(),
            fees: z.int(),
            freeLines: z.int(),
            reversals: z.int(),
            fen: z.int(),
            lines: z.array(
              z.object({
                unit: z.string(),
                payer: z.string(),
                package: z.string(),
                fen: z.int(),
                rule: z.string(),
                profileVersion: z.string(),
                decidedAt: z.string(),
              }),
            ),
          }),
        },
      },
      problems: { 404: 'No such carrier of yours.' },
      async handle({ body }, _account, sight) {
        checkTenant(sight, body.tenant);
        checkMonth(carriers, body.tenant, body.month);
        return { status: 200, body: await onPaper(() => preview(body)) };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/billing/backtest',
      operationId: 'backtestTariff',
      summary: 'What changed rules would have charged the real subscriptions of past months',
      may: 'bills:read',
      body: z
        .strictObject({ tenant, from: month, to: month, profile: carrierVersion.partial(), limit: lineLimit })
        .refine(({ from, to }) => from <= to, { error: 'must not be before from', path: ['to'] })
        .refine(({ from, to }) => monthsBetween(from, to).length <= MAX_MONTHS, {
          error: `must be at most ${MAX_MONTHS} months from the first`,
          path: ['to'],
        })
        .meta({ id: 'Backtest' }),
      audit: ({ body }) => ({ carrier: body.tenant, isLook: true }),
      replies: {
        200: {
          description: 'Totals, and the first families that would have paid something else.',
          schema: z.object({
            families: z.int(),
            familiesChanged: z.int(),
            beforeFen: z.int(),
            afterFen: z.int(),
            months: z.array(total),
            differences: z.array(
              z.object({ unit: z.string(), month: z.string(), beforeFen: z.int(), afterFen: z.int() }),
            ),
          }),
        },
      },
      problems: {
        404: 'No such carrier of yours.',
        422: 'The changed profile does not sell a package that families have.',
        429: 'Too many at a time.',
      },
      async handle({ body }, _account, sight) {
        checkTenant(sight, body.tenant);
        checkMonth(carriers, body.tenant, body.from, 'from');
        const before = carriers.versions(body.tenant);
        const base = carriers.profile(body.tenant, monthStart(body.from, before[0]!.zone));
        const differences: BacktestDifference[] = [];
        const asked = {
          tenant: body.tenant,
          months: monthsBetween(body.from, body.to),
          before,
          after: [changeProfile(base, body.profile)],
          onDifference: (difference: BacktestDifference) =>
            void (differences.length < body.limit && differences.push(difference)),
        };
        const totals = await onPaper(() => backtest(pool, asked)).catch((error: unknown) => {
          if (error instanceof RangeError) throw Problem.field(422, 'profile.packages', error.message);
          throw error;
        });
        return { status: 200, body: { ...totals, differences } };
      },
    }),
  ];

  /** A carrier's month on paper is seconds of this process: more at a time would hold up everybody. */
  async function onPaper<T>(work: () => Promise<T>): Promise<T> {
    if (working >= MAX_ON_PAPER)
      throw new Problem(429, 'Others are being worked out; try again.', { headers: { 'retry-after': '10' } });
    working++;
    try {
      return await work();
    } finally {
      working--;
    }
  }

  async function preview(asked: { tenant: string; month: string; limit: number }) {
    const versions = carriers.versions(asked.tenant);
    const until = monthEnd(asked.month, versions[0]!.zone);
    const sums = { families: 0, fees: 0, freeLines: 0, reversals: 0, fen: 0 };
    const lines: object[] = [];
    for (let page, place = ''; (page = await eventsPage(pool, asked.tenant, place, until)); place = page.upto) {
      sums.families += page.units;
      for (const { unit, payer, package: id, fen, rule, profile, decidedAt } of decideCharges(
        page.events.map(chargeEvent),
        versions,
        asked.month,
      )) {
        sums[fen > 0 ? 'fees' : fen < 0 ? 'reversals' : 'freeLines']++;
        sums.fen += fen;
        const line = { unit, payer, package: id, fen, rule, profileVersion: profile };
        if (lines.length < asked.limit) lines.push({ ...line, decidedAt: new Date(decidedAt).toISOString() });
      }
      // Other requests have their turn between pages.
      await delay(0);
    }
    return { ...sums, lines };
  }
}
