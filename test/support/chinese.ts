const HALF_WIDTH = /\p{Script=Han}["'”’）】]?[,;:?!()]|[,;:?!()]["'“‘（【]?\p{Script=Han}|\p{Script=Han}\.(?![\w])/gu;

/** Where half-width punctuation touches hanzi, where Chinese wants ，。：；？！（）. */
export function halfWidthIn(text: string): string[] {
  return [...text.matchAll(HALF_WIDTH)].map(({ 0: found, index }) =>
    text.slice(Math.max(0, index - 8), index + found.length + 8),
  );
}
