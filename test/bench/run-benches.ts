import type { BenchResult, FailedBench } from './result.ts';

/** What one program reports, by the names of its figures. */
export interface Bench {
  names: string[];
  run: () => Promise<BenchResult[]>;
}

/**
 * Runs each bench that has a name asked for, one after the other; one that fails keeps none of the others from running.
 * @param onBegin told the names of each before it runs
 */
export async function runBenches(
  benches: readonly Bench[],
  asked: readonly string[],
  onBegin: (names: string[]) => void,
): Promise<{ results: BenchResult[]; failed: FailedBench[] }> {
  const results: BenchResult[] = [];
  const failed: FailedBench[] = [];
  for (const { names, run } of benches) {
    const wanted = names.filter((name) => asked.includes(name));
    if (wanted.length === 0) continue;
    onBegin(names);
    try {
      results.push(...(await run()).filter(({ name }) => wanted.includes(name)));
    } catch (reason) {
      const error = reason instanceof Error ? reason.message : String(reason);
      failed.push(...wanted.map((name) => ({ name, value: null, unit: '', goal: null, ok: false, error }) as const));
    }
  }
  return { results, failed };
}
