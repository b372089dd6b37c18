import type { Pool } from '../../infra/postgres/pool.ts';
import type { Statement } from './statements.ts';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Plan Rows': number;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Plan[];
}

/** A statement that asks and changes nothing. */
const READ = /^\s*(select|with)\b(?!.*\b(insert into|update|delete from)\b)/is;
const WRITE = /^\s*(with|insert|update|delete)\b/i;

/**
 * How a statement walks past rows that are not asked for: a table of more than `most` rows read from end to end, or a
 * table of which, in a read, it touches more than `most` rows.
 * @param pool another than the watched one
 * @returns in words; empty: it doesn't
 */
export async function walksOf(pool: Pool, { text, values }: Statement, most: number): Promise<string[]> {
  const reads = READ.test(text);
  if (!reads && !WRITE.test(text)) return [];
  // As the pool of the product plans it: by the values it is sent with.
  const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    `explain (format json${reads ? ', analyze, timing off' : ''}) ${text}`,
    values,
  );
  const large = await pool.query<{ name: string }>('select relname as name from pg_class where reltuples > $1', [most]);
  const isLarge = new Set(large.rows.map(({ name }) => name));
  return scans(rows[0]!['QUERY PLAN'][0].Plan)
    .filter((scan) => isLarge.has(scan['Relation Name']!) && (isWhole(scan) || touched(scan) > most))
    .map((scan) => `${scan['Node Type']} of ${scan['Relation Name']}, ${touched(scan)} rows: ${text.trim()}`);
}

function scans(plan: Plan): Plan[] {
  return [...('Relation Name' in plan ? [plan] : []), ...(plan.Plans ?? []).flatMap(scans)];
}

function isWhole(scan: Plan): boolean {
  return scan['Node Type'].endsWith('Seq Scan') && scan['Actual Loops'] !== 0;
}

function touched(scan: Plan): number {
  const {
    'Actual Rows': given = 0,
    'Rows Removed by Filter': filtered = 0,
    'Rows Removed by Index Recheck': rechecked = 0,
  } = scan;
  return Math.round((given + filtered + rechecked) * (scan['Actual Loops'] ?? 0));
}
