import { describe, expect, it } from 'vitest';
import { complaintPage, type ComplaintChapter } from '../../workflows/domain/complaint-page.ts';

const AT = '2026-03-05T02:00:00Z';
type Consent = ComplaintChapter['consent'][number];

const chapter = (changed: Partial<ComplaintChapter>): ComplaintChapter => ({
  subscriber: {
    ...{ tenant: 'gansu', unit: 'h1', state: 'active', package: { name: '家校互动' }, services: [], since: AT },
    next: [],
  },
  ...{ trial: [], consent: [], charges: [], notices: [], texts: [] },
  ...changed,
});
const page = (changed: Partial<ComplaintChapter>) =>
  complaintPage({ phone: '13900000001', madeAt: AT, carriers: [chapter(changed)] }, () => 'Asia/Shanghai');
const cellsOf = (html: string) => [...html.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell);

describe('the complaint pack', () => {
  it.each<[string, Consent['evidence'], string | undefined, string]>([
    ['a text', { moId: 7 }, undefined, '短信 text 7'],
    ['the first text of all', { moId: 0 }, undefined, '短信 text 0'],
    ['a slip', { slip: 'S-1' }, undefined, '回执 slip S-1'],
    ['both, and what was noted', { moId: 7, slip: 'S-1' }, '本人来电', '短信 text 7; 回执 slip S-1; 本人来电'],
    ['none', {}, undefined, ''],
  ])('names the proof of a word: %s', (_what, evidence, note, proof) => {
    const said = { type: 'order', package: 'home-school', channel: 'sms', actor: 'g1', at: AT, receivedAt: AT };
    expect(cellsOf(page({ consent: [{ ...said, evidence, note }] })).at(-1)).toBe(proof);
  });

  it('tells which way a text went, and when it was said by the clock of the carrier', () => {
    const text = { at: AT, kind: 'answer', text: '您好', state: 'DELIVERED' };
    const cells = cellsOf(page({ texts: [{ ...text, direction: 'to' }, { ...text, direction: 'from' }] })); // prettier-ignore
    expect([cells[0], cells[1], cells[6]]).toEqual(['2026-03-05 10:00:00', '发出 to', '收到 from']);
  });

  it('says since when a subscription stands, where it does, and of an empty part that there is nothing', () => {
    const html = page({});
    expect(html).toContain('自 since 2026-03-05 10:00:00');
    expect(html.match(/没有 none/g)).toHaveLength(5);
    const none = chapter({}).subscriber;
    expect(page({ subscriber: { ...none, since: null } })).not.toContain('since');
  });
});
