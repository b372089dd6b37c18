import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

/**
 * The options a program was called with, all of them values but `--help`, which prints `usage` and ends it.
 * @throws Error with `usage` for an option that is none, or has no value
 */
export function readOptions<Options extends ParseArgsOptionsConfig>(usage: string, options: Options) {
  try {
    if (process.argv.includes('--help')) {
      process.stdout.write(`${usage}\n`);
      process.exit(0);
    }
    return parseArgs({ options }).values;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${usage}`, { cause: error });
  }
}
