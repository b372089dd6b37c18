import { defineConfig } from 'vitest/config';

// Four kinds of test, each with the real parts it needs and no more (architecture §5).
export default defineConfig({
  test: {
    // Beyond the deadline of `until` (test/support/poll.ts), whose words say what was waited for.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Most of a test's time is waiting for parts in other processes; vitest's own choice on two cores would be one.
    maxWorkers: 2,
    // CI's machines are shared and stall for seconds; real processes feel that. Each second try is named at the end (test/run.ts).
    retry: process.env['CI'] ? 1 : 0,
    projects: [
      // Pure rules: nothing runs beside them.
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      // Workflows on a Temporal server of their own.
      {
        extends: true,
        test: {
          name: 'workflow',
          include: ['test/workflow/**/*.test.ts', 'test/replay/**/*.test.ts'],
          globalSetup: 'test/support/postgres.setup.ts',
        },
      },
      // One part against real neighbours: a Postgres for all, a database for each file.
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: 'test/support/postgres.setup.ts',
        },
      },
      // The whole of `npm start`, spoken to as carriers, readers, parents and teachers do.
      {
        extends: true,
        test: {
          name: 'end-to-end',
          include: ['test/end-to-end/**/*.test.ts', 'test/browser/**/*.test.ts'],
          globalSetup: 'test/support/stack.setup.ts',
        },
      },
    ],
  },
});
