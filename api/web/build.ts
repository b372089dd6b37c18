/** Nothing yet. */
export function buildWeb(): Promise<string | undefined> {
  return Promise.resolve(undefined);
}
