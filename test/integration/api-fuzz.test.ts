import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessWorld, WHO } from '../support/access-world.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { fuzz, installSchemathesis } from '../support/schemathesis.ts';

/** Together they may call everything; eighty seconds in all. */
const ROLES = ['teacher', 'school-admin', 'customer-service', 'carrier-admin'] as const;
const SECONDS_EACH = 20;

/** Of the report what tells, with the requests that show it. */
function failuresIn(report: string): string {
  const from = Math.max(0, report.search(/^=+ (?:FAILURES|ERRORS) =+$/m));
  return report.slice(from, from + 8_000);
}

/** Without pip, or away from every package index, there is none to run; CI has both, and must. */
const fuzzer = await installSchemathesis().catch((error: Error) => {
  if (process.env['CI']) throw error;
  process.stderr.write(`left out: ${error.message}\n`);
  return undefined;
});

describe.runIf(fuzzer)('whatever the document lets a caller ask', () => {
  let db: TestDatabase;
  let api: TestApi;
  beforeAll(async () => {
    db = await createTestDatabase();
    await accessWorld(db.pool);
    // Its engine is out of reach, so that nothing but the API itself is tried.
    api = await startApi({ pool: db.pool });
  });
  afterAll(async () => {
    await api?.close();
    await db?.drop();
  });

  it.each(ROLES)('as %s, has an answer that the document tells', { timeout: 180_000, retry: 0 }, async (role) => {
    const { failed, report } = await fuzz(fuzzer!, api.url, WHO[role], SECONDS_EACH);
    expect(failed, failuresIn(report)).toBe(false);
    // It did look: a document or a login that it could not use would fail nothing.
    expect(Number(/(\d+) generated/.exec(report)?.[1])).toBeGreaterThan(100);
  });
});
