/** The complaint pack (spec §10.5) as a page to be read and printed: trial, consent, charges with their reasons, notices, texts. */
import { formatWithOffset } from './civil-time.ts';
import { escapeHtml, printPage } from './html.ts';
import { yuan } from './money.ts';

/** A phone's subscription with everything that is known about it; times are ISO. */
export interface ComplaintChapter {
  subscriber: {
    tenant: string;
    unit: string;
    state: string;
    package: { name: string } | null;
    services: readonly string[];
    since: string | null;
    next: readonly { text: { zh: string; en: string } }[];
  };
  trial: readonly { type: string; at: string; actor: string; evidence: Record<string, unknown> }[];
  consent: readonly {
    type: string;
    package: string;
    channel: string;
    actor: string;
    at: string;
    receivedAt: string;
    evidence: { moId?: number | undefined; slip?: string | undefined };
    note?: string | undefined;
  }[];
  charges: readonly {
    id: number;
    month: string;
    fen: number;
    rule: string;
    profileVersion: string;
    text: { zh: string; en: string };
  }[];
  notices: readonly ComplaintText[];
  texts: readonly ComplaintText[];
}

interface ComplaintText {
  at: string;
  direction: 'to' | 'from';
  kind: string;
  text: string;
  state: string;
}

/** The pack of one phone; `zoneOf` tells a carrier's civil time. */
export function complaintPage(
  pack: { phone: string; madeAt: string; carriers: readonly ComplaintChapter[] },
  zoneOf: (tenant: string) => string,
): string {
  const chapters = pack.carriers.map((chapter) => chapterHtml(chapter, zoneOf(chapter.subscriber.tenant)));
  const zone = zoneOf(pack.carriers[0]!.subscriber.tenant);
  const head = `<h1>投诉材料 Complaint pack</h1><p>手机号 Phone: ${escapeHtml(pack.phone)}</p><p>生成时间 Made: ${civil(pack.madeAt, zone)}</p>`;
  return printPage(`投诉材料 ${pack.phone}`, head + chapters.join(''));
}

function chapterHtml({ subscriber, trial, consent, charges, notices, texts }: ComplaintChapter, zone: string): string {
  const on = (at: string) => civil(at, zone);
  const since = subscriber.since === null ? '' : `, 自 since ${on(subscriber.since)}`;
  const textRows = (list: readonly ComplaintText[]) =>
    list.map(({ at, direction, kind, text, state }) => [
      on(at),
      direction === 'to' ? '发出 to' : '收到 from',
      kind,
      text,
      state,
    ]);
  return [
    `<h2>${escapeHtml(subscriber.tenant)}: ${escapeHtml(subscriber.package?.name ?? '无 none')} (${escapeHtml(subscriber.state)}${since})</h2>`,
    ...subscriber.next.map(({ text }) => `<p>${escapeHtml(text.zh)} ${escapeHtml(text.en)}</p>`),
    table(
      '试用与答复 Trial and answers',
      ['时间 At', '事项 What', '经办 By', '详情 Details'],
      trial.map(({ type, at, actor, evidence }) => [
        on(at),
        type,
        actor,
        Object.entries(evidence)
          .map(([name, value]) => `${name}: ${String(value)}`)
          .join('; '),
      ]),
    ),
    table(
      '订退与同意 Orders, consent, cancels',
      ['时间 Said', '获知 Learnt', '事项 What', '渠道 Channel', '经办 By', '证据 Proof'],
      consent.map(({ type, package: id, channel, actor, at, receivedAt, evidence, note }) => [
        on(at),
        on(receivedAt),
        `${type} ${id}`,
        channel,
        actor,
        [
          evidence.moId !== undefined && `短信 text ${evidence.moId}`,
          evidence.slip && `回执 slip ${evidence.slip}`,
          note,
        ]
          .filter(Boolean)
          .join('; '),
      ]),
    ),
    table(
      '收费及理由 Charges and why',
      ['编号 No.', '月份 Month', '元 Yuan', '规则 Rule', '理由 Why'],
      charges.map(({ id, month, fen, rule, profileVersion, text }) => [
        String(id),
        month,
        yuan(fen),
        `${rule} (${profileVersion})`,
        `${text.zh} ${text.en}`,
      ]),
    ),
    table('通知 Notices', TEXT_COLUMNS, textRows(notices)),
    table('短信往来 Texts', TEXT_COLUMNS, textRows(texts)),
  ].join('');
}

const TEXT_COLUMNS = ['时间 At', '方向 Way', '类别 Kind', '内容 Text', '状态 State'];

function table(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: 'td' | 'th', row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const body =
    rows.length === 0
      ? '<p>没有 none</p>'
      : `<table>${cells('th', columns)}${rows.map((row) => cells('td', row)).join('')}</table>`;
  return `<h2>${title}</h2>${body}`;
}

/** `2026-03-08 10:00:00` */
function civil(at: string, zone: string): string {
  return formatWithOffset(Date.parse(at), zone).slice(0, 19).replace('T', ' ');
}
