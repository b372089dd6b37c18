import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { z } from 'zod';
import type { Carriers } from '../../infra/carriers.ts';
import { fileLines, findFile, type ChargeFile } from '../../infra/postgres/billing-files.ts';
import { listRuns } from '../../infra/postgres/billing-queries.ts';
import { storeUpload } from '../../infra/postgres/billing-results.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import type { Sight } from '../../infra/postgres/sight.ts';
import { resultsUpdate } from '../../workflows/contracts.ts';
import { monthEnd } from '../../workflows/domain/billing-month.ts';
import { chargeFileHead, chargeFileRow } from '../../workflows/domain/charge-file.ts';
import type { ResultsReport } from '../../workflows/domain/results-file.ts';
import { billingCycleId, TASK_QUEUE } from '../../workflows/ids.ts';
import { labels } from '../../workflows/labels.ts';
import { checkMonth, month, tenant } from '../billing-fields.ts';
import { pageLimit, rowId } from '../fields.ts';
import { Problem } from '../problem.ts';
import { route, type Route } from '../route.ts';
import { checkTenant, notKnown } from '../sight.ts';
import { workflowLink, type TemporalUi } from '../workflow-link.ts';

/** A million lines of 40 bytes, with room. */
const MAX_RESULTS = 64_000_000;
/** Lines of a charge file read at a time. */
const FILE_PAGE = 10_000;
/** Reading a million results takes a while; whoever waits no longer asks again with the same key. */
const RESULTS_DEADLINE_MS = 120_000;
const START_DEADLINE_MS = 10_000;

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

/** A carrier's months for real: charging them, their files and results, and what became of them. */
export function billingRoutes({ pool, temporal, carriers, ui }: BillingDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/billing/runs',
      operationId: 'listBillingRuns',
      summary: 'Charged months, newest first, with balance, files and arrears',
      may: 'bills:read',
      query: z.strictObject({ limit: pageLimit(24, 240) }),
      replies: { 200: { description: 'The months.', schema: z.object({ runs: z.array(run) }) } },
      async handle({ query: { limit } }, { tenants }) {
        const runs = await listRuns(pool, tenants, limit);
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
      may: 'bills:charge',
      body: z.strictObject({ tenant, month }).meta({ id: 'RunBilling' }),
      idempotent: true,
      audit: ({ body }) => ({ carrier: body.tenant }),
      replies: {
        202: {
          description: 'It runs.',
          schema: z.object({ workflow: z.object({ id: z.string(), url: z.string().optional() }) }),
        },
      },
      problems: { 404: 'No such carrier of yours.', 503: 'The engine is out of reach.' },
      async handle({ body }, _account, sight) {
        checkTenant(sight, body.tenant);
        checkMonth(carriers, body.tenant, body.month);
        if (monthEnd(body.month, carriers.profile(body.tenant).zone) > Date.now())
          throw Problem.field(400, 'month', 'has not ended');
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
      may: 'bills:charge',
      params: z.object({ tenant, id: rowId }),
      audit: ofFile,
      replies: { 200: { description: 'CSV in UTF-8 with a byte order mark.', schema: z.string(), type: 'text/csv' } },
      problems: { 404: 'There is no such file.' },
      async handle({ params, response }, _account, sight) {
        const file = await fileOf(sight, params);
        response.type('text/csv').attachment(`charges-${params.tenant}-${file.month}-${file.id}.csv`);
        return { status: 200, text: csvOf(file, carriers.profile(params.tenant).zone) };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/billing/:tenant/files/:id/results',
      operationId: 'uploadResults',
      summary: 'The carrier’s results of a charge file: all of them count, or none',
      may: 'bills:charge',
      params: z.object({ tenant, id: rowId }),
      body: z
        .strictObject({
          csv: z
            .string({ error: 'is required' })
            .min(1)
            .refine((csv) => !csv.includes('\0'), 'has NUL characters: it is no text in UTF-8'),
        })
        .meta({ id: 'Results' }),
      bodyLimit: MAX_RESULTS,
      idempotent: true,
      audit: ofFile,
      replies: { 200: { description: 'They are counted.', schema: report } },
      problems: {
        404: 'There is no such file.',
        422: 'Something is wrong, and nothing was counted: `errors` names each row.',
        503: 'The engine is out of reach; try again with the same Idempotency-Key.',
      },
      async handle({ params, body, requestKey }, account, sight) {
        const { month: cycleMonth, id } = await fileOf(sight, params);
        const upload = { tenant: params.tenant, fileId: id, accountId: account.id, requestKey, body: body.csv };
        const uploadId = await storeUpload(pool, upload);
        const { accepted, errors, errorCount, ...counted } = await read(params.tenant, cycleMonth, uploadId);
        if (!accepted) throw new Problem(422, `Nothing was counted: ${errorCount} faults.`, { errors: faults(errors) });
        return { status: 200, body: counted };
      },
    }),
  ];

  async function fileOf(sight: Sight, asked: { tenant: string; id: number }): Promise<ChargeFile> {
    checkTenant(sight, asked.tenant);
    const file = await findFile(pool, asked.tenant, asked.id);
    if (!file) throw notKnown('id');
    return file;
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

/** A charge file names phones that pay. */
function ofFile({ params: { id } }: { params: { id: number } }) {
  return { kind: 'charge-file', id: String(id) } as const;
}

function cycleOf(cycle: { tenant: string; month: string }) {
  return {
    ...labels('billingCycle', { tenant: cycle.tenant }),
    workflowId: billingCycleId(cycle.tenant, cycle.month),
    taskQueue: TASK_QUEUE.core,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    args: [{ tenant: cycle.tenant, month: cycle.month }],
  };
}

function faults(errors: ResultsReport['errors']) {
  return errors.map(({ row, message }) => ({ field: row === null ? 'csv' : `csv.row ${row}`, message }));
}
