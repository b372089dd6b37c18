import { ID_CHARACTERS } from './receipt.ts';
import { STATUS } from './status-words.ts';
import { COMMAND, readCString, type Frame } from './wire.ts';

/**
 * What became of one submit_sm. `uncertain`: it may or may not have been taken, and must not be blindly repeated.
 * `unanswered`: the same, but its response may still come.
 */
export type SubmitOutcome =
  | { kind: 'accepted'; smscId: string }
  | { kind: 'refused'; status: number }
  | { kind: 'uncertain'; reason: string }
  | { kind: 'unanswered'; reason: string }
  | { kind: 'never-sent' };

/** What the response says. */
export function submitOutcome({ command, status, bytes }: Frame): SubmitOutcome {
  if (status !== STATUS.ok) return { kind: 'refused', status };
  const smscId = readCString(bytes, 16).text;
  if (command !== COMMAND.submitSmResp || smscId === '') {
    return { kind: 'uncertain', reason: 'the response carries no message id' };
  }
  if (smscId.length > ID_CHARACTERS) return { kind: 'uncertain', reason: `message id of ${smscId.length} characters` };
  return { kind: 'accepted', smscId };
}
