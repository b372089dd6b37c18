/**
 * SQL: ends a condition so that the newest rows of one owner are picked, by an index over (`key`, id). A range and not an
 * equation: for that a planner may walk backwards through everybody's rows by their ids alone.
 * @param key the column that says whose a row is
 * @param of whose rows
 * @param before only rows with a smaller id; null: from the newest
 * @param limit rows at most
 */
export function newestOf(key: string, of: string, { before, limit }: { before: string; limit: string }): string {
  return `${key} >= ${of} and (${key}, id) < (${of}, coalesce(${before}::bigint, 9223372036854775807))
    order by ${key} desc, id desc limit ${limit}`;
}
