/**
 * Of fewer families than this a school is told no numbers that hang on who pays: of a single family a number is a name
 * (docs/decisions/0003-no-shame-list.md). Statistics offices hide cells below three to five; a class has thirty.
 */
export const FEWEST_FAMILIES = 5;
