/** Which of a family's answers to the fee notices counts (spec §6: the later word stands, by when it was said). */

/** What a family says now; times in epoch ms. */
export interface FamilyWord {
  answer: 'yes' | 'no' | null;
  answeredAt: number | null;
  package: string | null;
  requestId: string | null;
  /** The paper it is on, and the date beside the signature. */
  slip: string | null;
  signedOn: string | null;
  /** Whether nothing is served any more. */
  hasEnded: boolean;
  /** When the unit last said stop. */
  stoppedAt: number | null;
}

/** What is heard of it now. */
export interface SaidAnswer {
  answer: 'yes' | 'no';
  at: number;
  /** By text, which names no package. */
  byText: boolean;
  package: string;
  requestId: string;
  slip: string | null;
  signedOn: string | null;
}

/**
 * What is heard does to what the family says: it `replaces` it, it says the same `later`, or it is `nothing`, as what was
 * said later stands. At one instant the no does. What is recorded of a slip once more replaces what it said.
 */
export function heed(now: FamilyWord, said: SaidAnswer): 'replaces' | 'later' | 'nothing' {
  if (now.requestId === said.requestId) return 'nothing';
  const isOther = now.answer !== said.answer || (!said.byText && now.package !== said.package);
  if (said.slip !== null && said.slip === now.slip && isOther) return 'replaces';
  if (isUndatedYes(said) && (now.answer === 'no' || now.hasEnded || now.stoppedAt !== null)) return 'nothing';
  if (!isLater(now, said)) return 'nothing';
  if (isOther || now.hasEnded) return 'replaces';
  return said.byText && said.answer === 'yes' && said.at > now.answeredAt! ? 'later' : 'nothing';
}

/** Whether what was said is what the family says once it was heeded: no later answer or stop overrules it. */
export function standsAfter(answer: 'yes' | 'no' | null, stoppedAt: number | null, said: SaidAnswer): boolean {
  if (answer !== said.answer) return false;
  return said.answer === 'no' || stoppedAt === null || stoppedAt < (isUndatedYes(said) ? -Infinity : said.at);
}

/** A yes without a date may have been signed before any stop: it brings back nothing that one ended. */
function isUndatedYes({ answer, slip, signedOn }: Pick<FamilyWord, 'answer' | 'slip' | 'signedOn'>): boolean {
  return answer === 'yes' && slip !== null && signedOn === null;
}

function isLater(now: FamilyWord, { answer, at }: SaidAnswer): boolean {
  if (now.answeredAt === null || now.answeredAt < at) return true;
  return answer === 'no' && (now.answeredAt === at || isUndatedYes(now));
}
