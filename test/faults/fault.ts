import type { Rig } from '../support/rig.ts';

/** What came of one fault: the line of the table. Segments, but for swipes where nothing was texted. */
export interface FaultResult {
  injected: number;
  /** Segments the SMSC accepted, every one. */
  sent: number;
  acceptedOnce: number;
  /** Accepted more often than wanted; each is a safety text sent again because its fate was unknown. */
  possibleDuplicates: number;
  /** Fate unknown and said so: the operator's list. */
  listed: number;
  lost: number;
  /** Every oracle that failed, in words; none: the fault was survived. */
  failures: string[];
}

export interface Fault {
  /** As in the table. */
  name: string;
  /** Short, without blanks: part of ids, and the name to run it alone by. */
  id: string;
  run: (rig: Rig, load: Load) => Promise<FaultResult>;
  /** Why it can't run here. */
  skip?: () => string | undefined;
}

/** How much a scenario does: small within `npm test`, large for the table. */
export interface Load {
  texts: number;
  swipesPerReader: number;
  /** How long everything is struck at random. */
  chaosSeconds: number;
}

export const SMALL: Load = { texts: 300, swipesPerReader: 60, chaosSeconds: 20 };
export const LARGE: Load = { texts: 3_000, swipesPerReader: 250, chaosSeconds: 60 };
