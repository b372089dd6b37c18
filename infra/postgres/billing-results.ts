import { readResultsFile, type ChargeResult, type ResultsReport } from '../../workflows/domain/results-file.ts';
import { toldLines } from './billing-files.ts';
import { inTransaction, type Db, type Pool } from './pool.ts';

/** A results file as somebody uploaded it. */
export interface ResultsUpload {
  tenant: string;
  fileId: number;
  accountId: string;
  /** Of the request: asked again, the same upload is the same row. */
  requestKey: string;
  body: string;
}

/** Keeps the upload before anybody reads it, and returns its id: of the same request again, the same. */
export async function storeUpload(db: Db, upload: ResultsUpload): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `with added as (
      insert into charge_results_upload (tenant, file_id, account_id, request_key, body) values ($1, $2, $3, $4, $5)
      on conflict (account_id, request_key) do nothing returning id
    )
    select id from added
    union all select id from charge_results_upload
    where account_id = $3 and request_key = $4 limit 1`,
    [upload.tenant, upload.fileId, upload.accountId, upload.requestKey, upload.body],
  );
  return rows[0]!.id;
}

/**
 * Reads an upload against its charge file and counts all of it or, where anything is wrong, none. Reading it again
 * answers as the first time.
 * @param maxAttempts how often a fee is asked for in all, the first time included
 */
export async function readUpload(
  pool: Pool,
  uploadId: string,
  maxAttempts: number,
): Promise<{ fileId: number; report: ResultsReport }> {
  return inTransaction(pool, async (db) => {
    const { rows } = await db.query<{ fileId: number; tenant: string; body: string }>(
      'select file_id as "fileId", tenant, body from charge_results_upload where id = $1',
      [uploadId],
    );
    const { fileId, tenant, body } = rows[0]!;
    // Two uploads for one file take turns: the second finds it answered.
    await db.query('select 1 from charge_file where id = $1 for update', [fileId]);
    const known = await db.query<{ report: ResultsReport }>(
      'select report from charge_results_report where upload_id = $1',
      [uploadId],
    );
    if (known.rows[0]) return { fileId, report: known.rows[0].report };
    const report = await countResults(db, tenant, fileId, body, maxAttempts);
    await db.query('insert into charge_results_report (upload_id, accepted, report) values ($1, $2, $3)', [
      uploadId,
      report.accepted,
      report,
    ]);
    return { fileId, report };
  });
}

async function countResults(db: Db, tenant: string, fileId: number, body: string, maxAttempts: number) {
  const report: ResultsReport = {
    accepted: false,
    successes: 0,
    failures: 0,
    collectedFen: 0,
    schoolsOpened: [],
    errors: [],
    errorCount: 0,
  };
  const { rowCount: answered } = await db.query('select 1 from charge_result where file_id = $1 limit 1', [fileId]);
  if (answered) {
    const message = 'this charge file has been answered already';
    return {
      ...report,
      errors: [{ row: null, line: null, fault: 'already-answered' as const, message }],
      errorCount: 1,
    };
  }
  const told = await toldLines(db, fileId);
  const { results, errors, errorCount } = readResultsFile(body, told);
  if (errorCount > 0) return { ...report, errors, errorCount };
  await insertResults(db, fileId, results, maxAttempts);
  const successes = results.filter(({ outcome }) => outcome === 'success');
  return {
    ...report,
    accepted: true,
    successes: successes.length,
    failures: results.length - successes.length,
    collectedFen: successes.reduce((sum, { line }) => sum + told[line - 1]!.fen, 0),
    schoolsOpened: await openMaintenance(db, tenant, fileId),
  };
}

async function insertResults(db: Db, fileId: number, results: ChargeResult[], maxAttempts: number): Promise<void> {
  await db.query(
    `insert into charge_result (file_id, line, charge_id, attempt, outcome, reason, retry_month)
    select l.file_id, l.line, l.charge_id, l.attempt, r.outcome, r.reason,
      case when r.outcome = 'failure' and l.attempt < $5 then (f.month + interval '1 month')::date end
    from unnest($2::integer[], $3::text[], $4::text[]) as r (line, outcome, reason)
    join charge_file_line l on l.file_id = $1 and l.line = r.line
    join charge_file f on f.id = l.file_id`,
    [
      fileId,
      results.map(({ line }) => line),
      results.map(({ outcome }) => outcome),
      results.map(({ reason }) => reason),
      maxAttempts,
    ],
  );
}

/** Seed S: 以第一次成功计费为界 — the first fee ever collected in a school begins its maintenance phase. */
async function openMaintenance(db: Db, tenant: string, fileId: number): Promise<string[]> {
  const { rows } = await db.query<{ school: string }>(
    `insert into maintenance_phase (school_id, tenant, charge_id)
    select student.school_id, $1, min(c.id)
    from charge_result r
    join charge c on c.id = r.charge_id and c.kind = 'fee'
    join guardianship on guardianship.guardian_id = c.payer_guardian_id
    join student on student.id = guardianship.student_id
    where r.file_id = $2 and r.outcome = 'success'
    group by student.school_id
    on conflict do nothing returning school_id as school`,
    [tenant, fileId],
  );
  return rows.map(({ school }) => school).sort();
}
