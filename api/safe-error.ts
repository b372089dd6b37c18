/** What of an error may be logged. */
export interface SafeError {
  name: string;
  /** SQLSTATE or gRPC code. */
  code?: string | number;
  /** Constraint a row broke. */
  constraint?: string;
  at: string[];
}

/**
 * An error without its message: Postgres puts values into it, which may be a phone or a name (spec §11). Where it
 * happened and of what kind it is stays.
 */
export function safeError(error: unknown): SafeError {
  if (!(error instanceof Error)) return { name: typeof error, at: [] };
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return {
    name: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof constraint === 'string' ? { constraint } : {}),
    at: (error.stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 8)
      .map((line) => line.trim()),
  };
}
