/** The words of a trial: notice 1 on paper with its slips, notice 2 by text, answers, the demonstration (seed S 4.2.2). */
import type { CarrierProfile } from './carrier-profile.ts';
import { civilOf } from './civil-time.ts';
import { escapeHtml, printPage } from './html.ts';
import { normaliseText } from './keywords.ts';
import { yuan } from './money.ts';
import { packageOf } from './ordering.ts';
import { priceOf } from './subscription-texts.ts';

/** Notice 2, in the seed's own words (标准用语). */
export const notice2Text = (days: number) =>
  `尊敬的家长,校讯通试用期已经结束,感谢您的参与和支持。为能继续为您提供孩子的成长信息,敬请您于${days}日内以书面或短信方式确认定制与否。`;

const YES = ['是', '同意', '定制', '订制', '确认', '确认定制', '确认订制', '同意定制', '同意订制'];
const NO = ['不', '否', '不是', '不同意', '不定制', '不订制', '不确认'];

/** What a text says to the notice; undefined when it is anything but a clear yes or no. */
export function noticeAnswer(text: string): 'yes' | 'no' | undefined {
  const said = normaliseText(text).replace(/[.!。！~～]+$/u, '');
  if (YES.includes(said)) return 'yes';
  return NO.includes(said) ? 'no' : undefined;
}

/** The answer to a yes that comes before the trial is over. */
export function confirmedEarlyText(endsAt: number, zone: string): string {
  const { month, day } = civilOf(endsAt, zone);
  return `感谢您确认订制校讯通。试用到${month}月${day}日,在此之前免费,之后按资费收取。`;
}

/** The answer to a no. */
export function declinedText({ keywords, shortCode }: Pick<CarrierProfile, 'keywords' | 'shortCode'>): string {
  return `已按您的意愿不订制校讯通,不收取任何费用,免费试用同时结束。如需订制,请发送${keywords.subscribe[0]!}到${shortCode}。`;
}

/** A slip of a family on trial, as somebody else recorded it. */
export interface RecordedSlip {
  answer: 'yes' | 'no';
  /** Whether it is what the family answers: nothing was said later that overrules it. */
  stands: boolean;
  /** What a yes orders. */
  package: string;
  /** When it was said, and when the trial ends; epoch ms. */
  at: number;
  endsAt: number;
}

/** What the phone is told of its slip: whoever didn't sign it learns of it, and what to do. */
export function slipText(slip: RecordedSlip, profile: CarrierProfile): string {
  const { keywords, shortCode, zone } = profile;
  const [toOrder, toCancel] = [keywords.subscribe[0]!, keywords.cancel[0]!].map((word) => `发送${word}到${shortCode}`);
  const name = packageOf(profile, slip.package)?.name ?? slip.package;
  if (!slip.stands)
    return slip.answer === 'yes'
      ? `您签字的回执已登记,但您另有退订或不订制的答复,未订制${name},不收费。如需订制,请${toOrder}。`
      : `您签字的回执已登记,但您此后又确认了订制,订制有效。如需退订,请${toCancel}。`;
  if (slip.answer === 'no')
    return `您签字的回执已登记:不订制校讯通,不收取任何费用,免费试用同时结束。如需订制,请${toOrder}。`;
  const { month, day } = civilOf(slip.endsAt, zone);
  const free = slip.at < slip.endsAt ? `试用到${month}月${day}日,在此之前免费,之后开始收费。` : '';
  return `您签字的回执已登记:订制${name},${priceOf(slip.package, profile)}。${free}如非本人意愿,请${toCancel}退订。`;
}

/** What a teacher shows a class's parents inside the system before the first real text; it asks them to reply. */
export const demoText = (className: string, teacherName: string) =>
  `家长您好,我是${className}班主任${teacherName}。从今天起我将用校讯通向您发送孩子在校的情况,收到请回复。`;

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
  slips: Slip[];
}

/** Notice 1 with a slip for each family, to be printed. */
export function notice1Page(notice: Notice1, profile: CarrierProfile): string {
  const { school, className, slips } = notice;
  const date = (at: number) => {
    const { year, month, day } = civilOf(at, profile.zone);
    return `${year}年${month}月${day}日`;
  };
  const prices = sold(profile).map(({ name, fen, period }) => {
    const unit = `${period === 'month' ? '月' : '年'}${profile.billingUnit === 'household' ? '/户' : ''}`;
    return `<tr><td>${escapeHtml(name)}</td><td class="number">${yuan(fen)}元/${unit}</td></tr>`;
  });
  const [subscribe, cancel] = [profile.keywords.subscribe[0]!, profile.keywords.cancel[0]!];
  return printPage(
    `${className} 校讯通收费通知`,
    `<h1>${escapeHtml(school)}校讯通收费通知</h1>
<p>尊敬的${escapeHtml(className)}家长:</p>
<p>校讯通试用期已经结束,感谢您的参与和支持。是否订制完全由您自愿决定:请在${date(notice.returnBy)}前交回下面的确认回执,或发送${escapeHtml(subscribe)}到${profile.shortCode}订制。不答复即不订制,不收取任何费用。订制后可随时发送${escapeHtml(cancel)}到${profile.shortCode}退订。</p>
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
<p>套餐:${packages.join(' ')}</p>
<p>付费手机:${payers.join(' ')}</p>
<p class="sign">家长签名:____________ 日期:____________</p></section>`;
}

function sold({ packages }: CarrierProfile) {
  return packages.filter(({ fen }) => fen > 0);
}
