import type { z } from 'zod';

const TYPES: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** What is wrong with a value, where its schema has no words of its own: as ours are, said of the field. */
export function zodWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is required';
      return TYPES[issue.expected] ? `must be ${TYPES[issue.expected]}` : 'is not valid';
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_big':
      return bound(issue.origin, 'most', issue.maximum);
    case 'too_small':
      return bound(issue.origin, 'least', issue.minimum);
    case 'invalid_format':
      return 'is not well formed';
    default:
      return 'is not valid';
  }
}

function bound(origin: string, end: 'most' | 'least', limit: number | bigint): string {
  if (origin === 'string') return `must have at ${end} ${limit} characters`;
  if (origin === 'array' || origin === 'set') return `must have at ${end} ${limit} entries`;
  return `must be at ${end} ${limit}`;
}
