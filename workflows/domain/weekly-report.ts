/** The written report on a class's trial that the principal gets each weekend (seed S 4.2.2 二 1 f). */
import { civilOf, formatTime } from './civil-time.ts';
import { escapeHtml, printPage } from './html.ts';

/** What is counted, of one class and [from, until). */
export interface WeeklyFacts {
  /** Messages of teachers that went to the class, by kind. */
  messages: { kind: string; count: number }[];
  /** Texts of those to its guardians, and what became of them. */
  texts: { sent: number; delivered: number; failed: number };
  /** Days on which something was sent. */
  activeDays: number;
  /** Parents' answers by text and in the mailbox, and how many parents they are of. */
  replies: { texts: number; mailbox: number; guardians: number };
  /** Families of the class at the end of the week: all, on trial, with an order or a yes, without. */
  families: { all: number; onTrial: number; confirmed: number; ended: number };
  /** Whether the class was shown the demonstration. */
  demonstrated: boolean;
  /** What parents and teachers said, as it was written down. */
  opinions: string[];
}

export interface WeeklyReport {
  number: number;
  school: string;
  className: string;
  from: number;
  until: number;
  endsAt: number;
  facts: WeeklyFacts;
}

/** Share in whole percent; 0 of nothing. */
export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((100 * part) / whole);
}

/** The report as a page to print. `kinds` names the kinds of messages. */
export function weeklyReportPage(report: WeeklyReport, zone: string, kinds: ReadonlyMap<string, string>): string {
  const { number, school, className, facts } = report;
  const { messages, texts, replies, families } = facts;
  const moment = (at: number) => {
    const { year, month, day } = civilOf(at, zone);
    return `${year}年${month}月${day}日${formatTime(at, zone)}`;
  };
  const total = messages.reduce((sum, { count }) => sum + count, 0);
  const row = (name: string, value: string) => `<tr><td>${escapeHtml(name)}</td><td class="number">${value}</td></tr>`;
  const byKind = messages.map(({ kind, count }) => row(kinds.get(kind) ?? kind, `${count}条`));
  const opinions = facts.opinions.map((text) => `<li>${escapeHtml(text)}</li>`);
  return printPage(
    `${className} 校讯通试用周报 ${number}`,
    `<h1>校讯通试用周报（第${number}期）</h1>
<p>${escapeHtml(school)} ${escapeHtml(className)}<br>${moment(report.from)}至${moment(report.until)}<br>试用期至${moment(report.endsAt)}</p>
<h2>一、使用情况</h2>
<table>${row('老师发送信息', `${total}条`)}${row('有信息的天数', `${facts.activeDays}天`)}${row('示范短信', facts.demonstrated ? '已示范' : '未示范')}${byKind.join('')}</table>
<h2>二、短信</h2>
<table>${row('发送', `${texts.sent}条`)}${row('送达', `${texts.delivered}条（${percent(texts.delivered, texts.sent)}%）`)}${row('失败', `${texts.failed}条`)}</table>
<h2>三、家长回复</h2>
<table>${row('短信回复', `${replies.texts}条`)}${row('班主任信箱', `${replies.mailbox}条`)}${row('参与家长', `${replies.guardians}人`)}</table>
<h2>四、入网率</h2>
<table>${row('全部家庭', `${families.all}户`)}${row('试用中', `${families.onTrial}户`)}${row('已订制或已确认', `${families.confirmed}户（${percent(families.confirmed, families.all)}%）`)}${row('已退出', `${families.ended}户`)}</table>
<h2>五、意见与建议</h2>
${opinions.length > 0 ? `<ul>${opinions.join('')}</ul>` : '<p>本周没有收到意见。</p>'}`,
  );
}
