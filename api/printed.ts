import { createHash } from 'node:crypto';
import { PRINT_STYLE } from '../workflows/domain/html.ts';
import type { Reply } from './route.ts';

const styleHash = createHash('sha256').update(PRINT_STYLE).digest('base64');

/** A page to be printed: nothing but its one style is allowed in it. */
export function printed(html: string): Required<Pick<Reply, 'status' | 'text' | 'headers'>> {
  return {
    status: 200,
    text: html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    },
  };
}
