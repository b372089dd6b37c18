/** Money is whole fen (分); 元 are for people to read. */

/** `8`, `0.5`, `7.05`: an amount in fen as 元, without the unit. */
export function yuan(fen: number): string {
  const cents = Math.abs(fen) % 100;
  const whole = Math.floor(Math.abs(fen) / 100);
  const fraction = cents === 0 ? '' : `.${String(cents).padStart(2, '0').replace(/0$/, '')}`;
  return `${fen < 0 ? '-' : ''}${whole}${fraction}`;
}
