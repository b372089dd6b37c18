/** A mobile number of China as it is kept, also for SQL. */
export const MOBILE = /^1[3-9]\d{9}$/;

/** Whether it is a mobile number of China as it is kept. */
export function isMobile(number: string): boolean {
  return MOBILE.test(number);
}

/**
 * A number without what networks write before it: `+`, and any of `prefixes`, also several in a row. Digits are taken off
 * only where a whole number shows behind them; where none does, it stays as it was but for the `+`.
 */
export function withoutPrefixes(
  address: string,
  prefixes: readonly string[],
  isWhole: (number: string) => boolean = isMobile,
): string {
  const written = address.replace(/^\+/, '');
  return wholeNumber(written, prefixes, isWhole) ?? written;
}

function wholeNumber(
  number: string,
  prefixes: readonly string[],
  isWhole: (number: string) => boolean,
): string | undefined {
  if (isWhole(number)) return number;
  for (const prefix of prefixes) {
    const whole = number.startsWith(prefix) ? wholeNumber(number.slice(prefix.length), prefixes, isWhole) : undefined;
    if (whole !== undefined) return whole;
  }
  return undefined;
}
