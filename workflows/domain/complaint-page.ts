/** The complaint pack (spec §10.5) as a page to be read and printed: trial, consent, charges with their reasons, notices, texts. */
import type { CarrierProfile } from './carrier-profile.ts';
import { formatWithOffset } from './civil-time.ts';
import { escapeHtml, printPage } from './html.ts';
import { yuan } from './money.ts';
import { packageName } from './package-words.ts';
import { reasonWords } from './reason-words.ts';
import {
  actorWords,
  CHANNEL_WORDS,
  EVENT_WORDS,
  evidenceWords,
  FATE_WORDS,
  ROUTE_WORDS,
  RULE_WORDS,
  SUBSCRIPTION_STATE_WORDS,
  TEXT_KIND_WORDS,
  TRIAL_EVENT_WORDS,
  wordsOf,
} from './record-words.ts';
import type { Words } from './texts/index.ts';

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
  trial: readonly {
    type: string;
    at: string;
    actor: string;
    login?: string | undefined;
    evidence: Record<string, unknown>;
  }[];
  consent: readonly {
    type: string;
    package: string;
    channel: string;
    actor: string;
    login?: string | undefined;
    at: string;
    receivedAt: string;
    evidence: { moId?: number | undefined; slip?: string | undefined; signedOn?: string | undefined };
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

/** The pack of one phone; `profileOf` tells a carrier's names and civil time. */
export function complaintPage(
  pack: { phone: string; madeAt: string; carriers: readonly ComplaintChapter[] },
  profileOf: (tenant: string) => CarrierProfile,
): string {
  const chapters = pack.carriers.map((chapter) => chapterHtml(chapter, profileOf(chapter.subscriber.tenant)));
  const { zone } = profileOf(pack.carriers[0]!.subscriber.tenant);
  const head = `<h1>投诉材料 Complaint pack</h1><p>手机号 Phone：${escapeHtml(pack.phone)}</p><p>生成时间 Made：${civil(pack.madeAt, zone)}</p>`;
  return printPage(`投诉材料 ${pack.phone}`, head + chapters.join(''));
}

function chapterHtml(chapter: ComplaintChapter, profile: CarrierProfile): string {
  const { subscriber, trial, consent, charges, notices, texts } = chapter;
  const on = (at: string) => civil(at, profile.zone);
  const since = subscriber.since === null ? '' : `，自 since ${on(subscriber.since)}`;
  const state = both(wordsOf(SUBSCRIPTION_STATE_WORDS, subscriber.state));
  const textTable = (title: string, list: readonly ComplaintText[]) =>
    table(
      title,
      TEXT_COLUMNS,
      list.map((each) => textRow(each, on)),
    );
  return [
    `<h2>${escapeHtml(profile.name)}：${escapeHtml(subscriber.package?.name ?? '无 none')}（${escapeHtml(state)}${since}）</h2>`,
    ...subscriber.next.map(({ text }) => `<p>${escapeHtml(both(text))}</p>`),
    table(
      '试用与答复 Trial and answers',
      ['时间 At', '事项 What', '经办 By', '详情 Details'],
      trial.map((each) => trialRow(each, on, profile)),
    ),
    table(
      '订退与同意 Orders, consent, cancels',
      ['时间 Said', '获知 Learnt', '事项 What', '渠道 Channel', '经办 By', '证据 Proof'],
      consent.map((each) => consentRow(each, on, profile)),
    ),
    table(
      '收费及理由 Charges and why',
      ['编号 No.', '月份 Month', '元 Yuan', '规则 Rule', '理由 Why'],
      charges.map(({ id, month, fen, rule, profileVersion, text }) => [
        String(id),
        month,
        yuan(fen),
        `${rule} ${both(wordsOf(RULE_WORDS, rule))}（${profileVersion}）`,
        both(text),
      ]),
    ),
    textTable('通知 Notices', notices),
    textTable('短信往来 Texts', texts),
  ].join('');
}

type On = (at: string) => string;

function trialRow({ type, at, evidence, ...by }: ComplaintChapter['trial'][number], on: On, profile: CarrierProfile) {
  const items = evidenceWords(evidence, profile).map(({ name, value }) => `${name.zh}：${value.zh}`);
  return [on(at), both(wordsOf(TRIAL_EVENT_WORDS, type)), both(actorWords(by)), items.join('；')];
}

function consentRow(event: ComplaintChapter['consent'][number], on: On, profile: CarrierProfile) {
  const { type, package: id, channel, at, receivedAt, evidence, note } = event;
  const proof = [
    evidence.moId !== undefined && `短信 text ${evidence.moId}`,
    evidence.slip && `回执 slip ${evidence.slip}`,
    evidence.signedOn && `签字日期 signed ${evidence.signedOn}`,
    note,
  ];
  return [
    on(at),
    on(receivedAt),
    `${both(wordsOf(EVENT_WORDS, type))}：${packageName(id, profile)}`,
    both(wordsOf(CHANNEL_WORDS, channel)),
    both(actorWords(event)),
    proof.filter(Boolean).join('；'),
  ];
}

const TEXT_COLUMNS = ['时间 At', '方向 Way', '类别 Kind', '内容 Text', '状态 State'];

function textRow({ at, direction, kind, text, state }: ComplaintText, on: On) {
  const sent = direction === 'to';
  return [
    on(at),
    sent ? '发出 to' : '收到 from',
    both(wordsOf(sent ? TEXT_KIND_WORDS : ROUTE_WORDS, kind)),
    // Of a text that was not sent it is why.
    state === 'SUPPRESSED' ? both(reasonWords(text)) : text,
    both(state in FATE_WORDS ? FATE_WORDS[state]! : reasonWords(state)),
  ];
}

/** Chinese with English beside; what has no words of its own is there once. */
function both({ zh, en }: Words): string {
  return zh === en ? zh : `${zh} ${en}`;
}

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
