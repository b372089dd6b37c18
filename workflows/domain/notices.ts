/** A trial on paper and inside the system: notice 1 with its slips, what answers it, the demonstration (seed S 4.2.2). */
import type { CarrierProfile } from './carrier-profile.ts';
import { civilOf } from './civil-time.ts';
import { escapeHtml, printPage } from './html.ts';
import { priceWords } from './package-words.ts';
import { plainName } from './plain-words.ts';

/** What a teacher shows a class's parents inside the system before the first real text; it asks them to reply. */
export const demoText = (className: string, teacherName: string) =>
  `家长您好，我是${plainName(className)}班主任${plainName(teacherName)}。从今天起我将用校讯通向您发送孩子在校的情况，收到请回复。`;

/** A family's slip: the children of the class, and the phones one of which may pay. */
export interface Slip {
  /** What the slip is recorded by. */
  number: string;
  children: string[];
  guardians: { name: string; phone: string }[];
}

export interface Notice1 {
  school: string;
  className: string;
  /** When it was issued, and by when slips are asked back: epoch ms. */
  at: number;
  returnBy: number;
  /** The slips are for every family of the class, also for who has answered or ordered. */
  forEverybody: boolean;
  slips: Slip[];
}

/** Notice 1 with a slip for each family, to be printed. */
export function notice1Page(notice: Notice1, profile: CarrierProfile): string {
  const { school, className, slips } = notice;
  const date = (at: number) => {
    const { year, month, day } = civilOf(at, profile.zone);
    return `${year}年${month}月${day}日`;
  };
  const prices = sold(profile).map(
    ({ id, name }) => `<tr><td>${escapeHtml(name)}</td><td class="number">${priceWords(id, profile).zh}</td></tr>`,
  );
  const unneeded = notice.forEverybody ? '已经订制或答复过的，不必交回。' : '';
  const [subscribe, cancel] = [profile.keywords.subscribe[0]!, profile.keywords.cancel[0]!];
  return printPage(
    `${className} 校讯通收费通知`,
    `<h1>${escapeHtml(school)}校讯通收费通知</h1>
<p>尊敬的${escapeHtml(className)}家长：</p>
<p>校讯通试用期已经结束，感谢您的参与和支持。是否订制完全由您自愿决定：请在${date(notice.returnBy)}前交回下面的确认回执，或发送${escapeHtml(subscribe)}到${profile.shortCode}订制。不答复即不订制，不收取任何费用。${unneeded}订制后可随时发送${escapeHtml(cancel)}到${profile.shortCode}退订。</p>
<table><tr><th>套餐</th><th>资费</th></tr>${prices.join('')}</table>
<p class="sign">${escapeHtml(school)}<br>${date(notice.at)}</p>
${slips.map((slip) => slipSection(slip, className, profile)).join('\n')}`,
  );
}

function slipSection({ number, children, guardians }: Slip, className: string, profile: CarrierProfile): string {
  const packages = sold(profile).map(({ name }) => `□ ${escapeHtml(name)}`);
  const payers = guardians.map(({ name, phone }) => `□ ${escapeHtml(name)} ${escapeHtml(phone)}`);
  return `<section class="slip"><h2>校讯通确认回执 ${escapeHtml(number)}</h2>
<p>${escapeHtml(className)} ${children.map(escapeHtml).join('、')}</p>
<p>□ 订制 □ 不订制</p>
<p>套餐：${packages.join(' ')}</p>
<p>付费手机：${payers.join(' ')}</p>
<p class="sign">家长签名：____________ 日期：____________</p></section>`;
}

function sold({ packages }: CarrierProfile) {
  return packages.filter(({ fen }) => fen > 0);
}
