import { describe, expect, it } from 'vitest';
import { segmentsOf, segmentText } from '../../workflows/domain/sms-text.ts';

describe('segments of a text', () => {
  it.each([
    ['', 1, 'gsm'],
    ['a'.repeat(160), 1, 'gsm'],
    ['a'.repeat(161), 2, 'gsm'],
    ['a'.repeat(306), 2, 'gsm'],
    ['a'.repeat(307), 3, 'gsm'],
    ['€'.repeat(80), 1, 'gsm'],
    ['€'.repeat(81), 2, 'gsm'],
    // 306 septets would fill two parts, but the escape pair moves on whole and pushes one out.
    ['a'.repeat(152) + '{' + 'a'.repeat(151), 2, 'gsm'],
    ['a'.repeat(152) + '{' + 'a'.repeat(152), 3, 'gsm'],
    ['好'.repeat(70), 1, 'ucs2'],
    ['好'.repeat(71), 2, 'ucs2'],
    ['好'.repeat(134), 2, 'ucs2'],
    ['好'.repeat(135), 3, 'ucs2'],
    ['😀'.repeat(35), 1, 'ucs2'],
    ['😀'.repeat(36), 2, 'ucs2'],
    // 67 is odd: 33 pairs fit a part.
    ['😀'.repeat(67), 3, 'ucs2'],
    ['\0', 1, 'ucs2'],
    ['\uff2a\uff38', 1, 'ucs2'],
  ])('%j takes %i (%s)', (text, segments, alphabet) => {
    expect(segmentsOf(text)).toBe(segments);
    expect(segmentText(text).alphabet).toBe(alphabet);
  });

  it('never splits a surrogate pair', () => {
    for (const part of segmentText('好' + '😀'.repeat(100)).parts) {
      expect(part[0]! >= 0xdc00 && part[0]! <= 0xdfff).toBe(false);
    }
  });
});
