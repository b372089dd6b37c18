/** Classes of SQLSTATE that the same data meets every time: data, constraint, limit of the program. */
const ABOUT_DATA = ['22', '23', '54'];

/** The SQLSTATE of an error that what was to be stored will meet again; undefined: it may pass. */
export function dataError(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && ABOUT_DATA.includes(code.slice(0, 2)) ? code : undefined;
}
