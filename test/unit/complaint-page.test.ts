import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { complaintPage, type ComplaintChapter } from '../../workflows/domain/complaint-page.ts';

const carriers = loadCarriers();
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
  complaintPage({ phone: '13900000001', madeAt: AT, carriers: [chapter(changed)] }, (tenant) =>
    carriers.profile(tenant),
  );
const cellsOf = (html: string) => [...html.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell);

describe('the complaint pack', () => {
  it.each<[string, Consent['evidence'], string | undefined, string]>([
    ['a text', { moId: 7 }, undefined, '短信 text 7'],
    ['the first text of all', { moId: 0 }, undefined, '短信 text 0'],
    ['a slip', { slip: 'S-1' }, undefined, '回执 slip S-1'],
    [
      'a slip with its date',
      { slip: 'S-1', signedOn: '2026-03-05' },
      undefined,
      '回执 slip S-1；签字日期 signed 2026-03-05',
    ],
    ['both, and what was noted', { moId: 7, slip: 'S-1' }, '本人来电', '短信 text 7；回执 slip S-1；本人来电'],
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

  it('names what the record has codes for: events, packages, who did it, trials, texts and their fates', () => {
    const by = { actor: 'account-cs1', login: 'kefu1' };
    const shanxi = chapter({
      subscriber: { ...chapter({}).subscriber, tenant: 'shanxi', state: 'cancelled' },
      consent: [
        { type: 'order', package: 'home-school/year', channel: 'customer-service', ...by, at: AT, receivedAt: AT, evidence: {} },
        { type: 'cancel', package: 'home-school/year', channel: 'sms', actor: 'g1', at: AT, receivedAt: AT, evidence: {} },
        { type: 'expire', package: 'safety-sms', channel: 'system', actor: 'subscription/shanxi/g1', at: AT, receivedAt: AT, evidence: {} },
      ],
      trial: [
        { type: 'answer', at: AT, ...by, evidence: { answer: 'yes', channel: 'agent', package: 'home-school', slip: 'S-1' } },
        { type: 'not-taken', at: AT, actor: 'trial/c1', evidence: { reason: 'off-net', requestId: 'r1' } },
      ],
      charges: [
        { id: 1, month: '2026-03', fen: 4000, rule: 'R6', profileVersion: 'shanxi-2011-12', text: { zh: '全年。', en: 'Year.' } },
      ],
      texts: [
        { at: AT, direction: 'to', kind: 'class-message', text: 'not subscribed', state: 'SUPPRESSED' },
        { at: AT, direction: 'to', kind: 'answer', text: '您好', state: 'DELIVERED' },
        { at: AT, direction: 'from', kind: 'cancel', text: 'QXJX', state: 'ANSWERED' },
        { at: AT, direction: 'from', kind: 'reply', text: '好', state: 'forwarded to the teacher' },
      ],
    }); // prettier-ignore
    const html = complaintPage({ phone: '13900000001', madeAt: AT, carriers: [shanxi] }, (tenant) =>
      carriers.profile(tenant),
    );
    expect(html).toContain('山西移动：家校互动（已退订 cancelled');
    const cells = cellsOf(html);
    for (const cell of [
      ...['订制 order：家校互动（全年）', '10086客服 10086', 'kefu1'],
      ...['退订 cancel：家校互动（全年）', '短信 text', '家长 the parent'],
      ...['到期 expired：平安短信', '系统 system'],
      ...['家长答复 a family answered', '答复：订制；渠道：代理商；套餐：家校互动；回执编号：S-1'],
      ...['未办成 not taken', '原因：不是本运营商的号码，未订制'],
      ...['R6 全年 year（shanxi-2011-12）', '全年。 Year.'],
      ...['老师的消息 class message', '未订制 not subscribed', '未发送 not sent', '已送达 delivered'],
      ...['已答复 answered', '家长回音 reply', '已转给老师 forwarded to the teacher'],
    ])
      expect(cells).toContain(cell);
    expect(html).not.toMatch(/home-school|account-cs1|subscription\/|trial\/|DELIVERED|SUPPRESSED|off-net/);
  });
});
