import { setTimeout as delay } from 'node:timers/promises';
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { z } from 'zod';
import { carrierVersion, type Carriers } from '../../infra/carriers.ts';
import type { Account, AccountRole } from '../../infra/postgres/accounts.ts';
import { fileLines, findFile, type ChargeFile } from '../../infra/postgres/billing-files.ts';
import { listRuns } from '../../infra/postgres/billing-queries.ts';
import { backtest, eventsPage, type BacktestDifference } from '../../infra/postgres/billing-replay.ts';
import { storeUpload } from '../../infra/postgres/billing-results.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { resultsUpdate } from '../../workflows/contracts.ts';
import { chargeEvent } from '../../workflows/domain/billing-decision.ts';
import { monthEnd, monthsBetween, monthStart } from '../../workflows/domain/billing-month.ts';
import { changeProfile } from '../../workflows/domain/billing-tariff.ts';
import { chargeFileHead, chargeFileRow } from '../../workflows/domain/charge-file.ts';
import { decideCharges } from '../../workflows/domain/charging.ts';
import type { ResultsReport } from '../../workflows/domain/results-file.ts';
import { billingCycleId, TASK_QUEUE } from '../../workflows/ids.ts';
import { pageLimit } from '../fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { workflowLink, type TemporalUi } from '../workflow-link.ts';
import { rowId } from './charges.ts';

const READERS: readonly AccountRole[] = ['carrier-admin', 'customer-service', 'ops'];
const CHARGERS: readonly AccountRole[] = ['carrier-admin'];
/** A million lines of 40 bytes, with room. */
const MAX_RESULTS = 64_000_000;
/** Lines of a charge file read at a time. */
const FILE_PAGE = 10_000;
/** A longer backtest belongs on the command line. */
const MAX_MONTHS = 36;
/** Reading a million results takes a while; whoever waits no longer asks again with the same key. */
const RESULTS_DEADLINE_MS = 120_000;
const START_DEADLINE_MS = 10_000;
/** Previews and backtests at a time. */
const MAX_ON_PAPER = 2;

const month = z.string({ error: 'is required' }).regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month, e.g. 2026-03');
const tenant = z.string({ error: 'is required' }).max(100);
const lineLimit = z.int().min(0).max(10_000).default(100);

const total = z.object({ month: z.string(), beforeFen: z.int(), afterFen: z.int(), familiesChanged: z.int() });
const report = z
  .object({
    successes: z.int(),
    failures: z.int(),
    collectedFen: z.int(),
    schoolsOpened: z.array(z.string()),
  })
  .meta({ id: 'ResultsReport' });
const run = z
  .object({
    tenant: z.string(),
    month: z.string(),
    state: z.enum(['charging', 'awaiting-results', 'results-overdue', 'settled', 'unbalanced']),
    startedAt: z.string(),
    chargedAt: z.string().nullable(),
    chunks: z.int(),
    chunksCharged: z.int(),
    arrears: z.int(),
    balance: z
      .object({
        charges: z.int(),
        reversals: z.int(),
        fileLines: z.int(),
        held: z.int(),
        balanced: z.boolean(),
      })
      .nullable(),
    files: z.array(z.object({ id: z.int(), lines: z.int(), fen: z.int(), answered: z.boolean() })),
  })
  .meta({ id: 'BillingRun' });

interface BillingDeps {
  pool: Pool;
  temporal: Client;
  carriers: Carriers;
  ui: TemporalUi;
}

/** A carrier's months: on paper, for real, and what became of them. */
export function billingRoutes({ pool, temporal, carriers, ui }: BillingDeps): Route[] {
  let working = 0;
  return [
    route({
      method: 'post',
      path: '/api/v1/billing/preview',
      operationId: 'previewBilling',
      summary: 'What a month would charge, with what is known now; nothing is written',
      roles: READERS,
      body: z.strictObject({ tenant, month, limit: lineLimit }).meta({ id: 'BillingPreview' }),
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
      async handle({ body }, account) {
        checkTenant(account, body.tenant);
        return { status: 200, body: await onPaper(() => preview(body)) };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/billing/backtest',
      operationId: 'backtestTariff',
      summary: 'What changed rules would have charged the real subscriptions of past months',
      roles: READERS,
      body: z
        .strictObject({ tenant, from: month, to: month, profile: carrierVersion.partial(), limit: lineLimit })
        .refine(({ from, to }) => from <= to, { error: 'must not be before from', path: ['to'] })
        .refine(({ from, to }) => monthsBetween(from, to).length <= MAX_MONTHS, {
          error: `must be at most ${MAX_MONTHS} months from the first`,
          path: ['to'],
        })
        .meta({ id: 'Backtest' }),
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
      problems: { 422: 'The changed profile does not sell a package that families have.', 429: 'Too many at a time.' },
      async handle({ body }, account) {
        checkTenant(account, body.tenant);
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
    route({
      method: 'get',
      path: '/api/v1/billing/runs',
      operationId: 'listBillingRuns',
      summary: 'Charged months, newest first, with balance, files and arrears',
      roles: READERS,
      query: z.strictObject({ limit: pageLimit(24, 240) }),
      replies: { 200: { description: 'The months.', schema: z.object({ runs: z.array(run) }) } },
      async handle({ query: { limit } }, account) {
        const runs = await listRuns(pool, account.tenants, limit);
        const body = runs.map(({ startedAt, chargedAt, ...rest }) => ({
          ...rest,
          startedAt: startedAt.toISOString(),
          chargedAt: chargedAt?.toISOString() ?? null,
        }));
        return { status: 200, body: { runs: body } };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/billing/runs',
      operationId: 'runBilling',
      summary: 'Charge a month that has ended, or charge it again: harmless, as nobody is charged twice',
      roles: CHARGERS,
      body: z.strictObject({ tenant, month }).meta({ id: 'RunBilling' }),
      idempotent: true,
      replies: {
        202: {
          description: 'It runs.',
          schema: z.object({ workflow: z.object({ id: z.string(), url: z.string().optional() }) }),
        },
      },
      problems: { 422: 'The month has not ended.', 503: 'The engine is out of reach.' },
      async handle({ body }, account) {
        checkTenant(account, body.tenant);
        if (monthEnd(body.month, carriers.profile(body.tenant).zone) > Date.now())
          throw Problem.field(422, 'month', 'has not ended');
        const { workflowId } = cycleOf(body);
        await reach(START_DEADLINE_MS, () => temporal.workflow.start('billingCycle', cycleOf(body)));
        return { status: 202, body: { workflow: workflowLink(ui, workflowId) } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/billing/:tenant/files/:id',
      operationId: 'chargeFile',
      summary: 'A charge file (计费报告) as CSV',
      roles: CHARGERS,
      params: z.object({ tenant, id: rowId }),
      replies: { 200: { description: 'CSV in UTF-8 with a byte order mark.', schema: z.string() } },
      problems: { 404: 'There is no such file.' },
      async handle({ params, response }, account) {
        const file = await fileOf(account, params);
        response.type('text/csv').attachment(`charges-${params.tenant}-${file.month}-${file.id}.csv`);
        return { status: 200, text: csvOf(file, carriers.profile(params.tenant).zone) };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/billing/:tenant/files/:id/results',
      operationId: 'uploadResults',
      summary: 'The carrier’s results of a charge file: all of them count, or none',
      roles: CHARGERS,
      params: z.object({ tenant, id: rowId }),
      body: z.strictObject({ csv: z.string({ error: 'is required' }).min(1) }).meta({ id: 'Results' }),
      bodyLimit: MAX_RESULTS,
      idempotent: true,
      replies: { 200: { description: 'They are counted.', schema: report } },
      problems: {
        404: 'There is no such file.',
        422: 'Something is wrong, and nothing was counted: `errors` names each row.',
        503: 'The engine is out of reach; try again with the same Idempotency-Key.',
      },
      async handle({ params, body, requestKey }, account) {
        const { month: cycleMonth, id } = await fileOf(account, params);
        const upload = { tenant: params.tenant, fileId: id, accountId: account.id, requestKey, body: body.csv };
        const uploadId = await storeUpload(pool, upload);
        if (!uploadId) throw Problem.field(422, 'Idempotency-Key', 'was used for another request');
        const { accepted, errors, errorCount, ...counted } = await read(params.tenant, cycleMonth, uploadId);
        if (!accepted) throw new Problem(422, `Nothing was counted: ${errorCount} faults.`, { errors: faults(errors) });
        return { status: 200, body: counted };
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

  function checkTenant(account: Account, asked: string): void {
    if (!carriers.has(asked)) throw Problem.field(404, 'tenant', 'is no carrier');
    if (!account.tenants.includes(asked)) throw Problem.field(403, 'tenant', 'is none of yours');
  }

  async function fileOf(account: Account, asked: { tenant: string; id: number }): Promise<ChargeFile> {
    checkTenant(account, asked.tenant);
    const file = await findFile(pool, asked.tenant, asked.id);
    if (!file) throw Problem.field(404, 'id', 'is no charge file');
    return file;
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

  async function* csvOf(file: ChargeFile, zone: string): AsyncGenerator<string> {
    yield chargeFileHead();
    for (let after = 0; after < file.lines; after += FILE_PAGE) {
      const page = await fileLines(pool, file.id, after, FILE_PAGE);
      yield page.map((line) => chargeFileRow(line, zone)).join('');
    }
  }

  /** Hands the upload to the month's cycle, which is started again where it has ended. */
  function read(of: string, cycleMonth: string, uploadId: string): Promise<ResultsReport> {
    return reach(RESULTS_DEADLINE_MS, () =>
      temporal.workflow.executeUpdateWithStart(resultsUpdate, {
        startWorkflowOperation: new WithStartWorkflowOperation(
          'billingCycle',
          cycleOf({ tenant: of, month: cycleMonth }),
        ),
        updateId: uploadId,
        args: [uploadId],
      }),
    );
  }

  function reach<T>(deadlineMs: number, ask: () => Promise<T>): Promise<T> {
    return temporal.withDeadline(Date.now() + deadlineMs, ask).catch((cause: unknown) => {
      throw new Problem(503, 'The engine is out of reach; try again with the same key.', { cause });
    });
  }
}

function cycleOf(cycle: { tenant: string; month: string }) {
  return {
    workflowId: billingCycleId(cycle.tenant, cycle.month),
    taskQueue: TASK_QUEUE.core,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    args: [{ tenant: cycle.tenant, month: cycle.month }],
  };
}

function faults(errors: ResultsReport['errors']) {
  return errors.map(({ row, message }) => ({ field: row === null ? 'csv' : `csv.row ${row}`, message }));
}
