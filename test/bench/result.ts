/** A bench that could not be run, in the same shape: there is no figure. */
export interface FailedBench {
  name: string;
  value: null;
  unit: '';
  goal: null;
  ok: false;
  /** Why, in one line. */
  error: string;
}

/** One figure of `npm run bench` (architecture §4). `ratio` is value over the baseline named in `against`, same run. */
export interface BenchResult {
  name: string;
  value: number;
  unit: string;
  against?: string;
  ratio?: number;
  /** What ratio (or, without one, value) has to reach, or not to pass where less is better. */
  goal: number;
  ok: boolean;
}
