/** Why a fee is what it is, in words a 10086 agent can read out (spec §10.1): Chinese, and English for who trains them. */
import { yuan } from './money.ts';
import { civilWords } from './civil-words.ts';

/** What the words are made of. */
export interface ChargeFacts {
  kind: 'fee' | 'reversal';
  rule: string;
  /** In Chinese, as bills name it. */
  packageName: string;
  fen: number;
  /** `2026-03` */
  month: string;
  zone: string;
  /** Epoch ms. */
  decidedAt: number;
  /** The consented order it comes from; null: before our records. */
  orderedAt: number | null;
  /** It replaced another package with this month (R7). */
  changed: boolean;
  /** The cancel that a reversal honours. */
  cancelledAt: number | null;
  waiverHours: number;
}

interface Words {
  zh: string;
  en: string;
}

/** A paragraph in each language. */
export function explainCharge(facts: ChargeFacts): Words {
  const what = opening(facts);
  const why = (facts.kind === 'reversal' ? REVERSAL : (FEE[facts.rule] ?? UNNAMED))(facts);
  return { zh: `${what.zh}${why.zh}`, en: `${what.en} ${why.en}` };
}

function opening({ kind, packageName, fen, month }: ChargeFacts): Words {
  const [year, number] = [month.slice(0, 4), Number(month.slice(5))];
  const amount = yuan(Math.abs(fen));
  return kind === 'fee'
    ? {
        zh: `您好,${year}年${number}月“${packageName}”的信息费为${amount}元。`,
        en: `The fee for "${packageName}" in ${month} is ${amount} yuan.`,
      }
    : {
        zh: `您好,“${packageName}”的信息费已退还${amount}元(记在${year}年${number}月)。`,
        en: `${amount} yuan of the fee for "${packageName}" were given back (booked in ${month}).`,
      };
}

const FEE: Record<string, (facts: ChargeFacts) => Words> = {
  R1: (facts) => ({
    zh:
      `您于${zhTime(facts.orderedAt, facts)}首次订制,${facts.waiverHours}小时内退订免费;` +
      `到${zhTime(facts.decidedAt, facts)}为止没有收到退订,因此收取当月信息费。`,
    en:
      `It was first ordered ${enTime(facts.orderedAt, facts)} and could be cancelled free of charge for ` +
      `${facts.waiverHours} hours; no cancel had come by then (${enTime(facts.decidedAt, facts)}), so the month is charged.`,
  }),
  R3: (facts) => ({
    zh: `您在本月退订后于${zhTime(facts.orderedAt, facts)}再次订制同一业务,按规定立即收取当月信息费。`,
    en: `The same service was ordered again in the month, ${enTime(facts.orderedAt, facts)}; a repeated order is charged at once.`,
  }),
  R4: (facts) =>
    facts.changed
      ? {
          zh: `您于${zhTime(facts.orderedAt, facts)}改订此套餐,自本月起代替原套餐,按月收取信息费,每月只收一次。`,
          en: `It was ordered ${enTime(facts.orderedAt, facts)} in place of another package from this month on: the monthly fee, once a month.`,
        }
      : {
          zh: `该业务于${zhTime(facts.orderedAt, facts)}订制,到本月开始时没有退订,因此按月收取信息费,每月只收一次。`,
          en: `It was ordered ${enTime(facts.orderedAt, facts)} and not cancelled before the month began: the monthly fee, once a month.`,
        },
  R5: () => ({
    zh: '本月是免费月,服务照常,不收取信息费。',
    en: 'This is a free month: the service goes on and nothing is charged.',
  }),
  R6: (facts) => ({
    zh: `您于${zhTime(facts.orderedAt, facts)}订制全年套餐,一次收取,有效十二个月(含免费月),到期后经您同意才会续订。`,
    en: `A whole year was ordered ${enTime(facts.orderedAt, facts)}: charged once for twelve months, free ones included, and renewed only with consent.`,
  }),
};

const REVERSAL = (facts: ChargeFacts): Words =>
  facts.rule === 'R6'
    ? {
        zh: `您于${zhTime(facts.cancelledAt, facts)}退订全年套餐,未使用的收费月份按规定退还。`,
        en: `The year was cancelled ${enTime(facts.cancelledAt, facts)}; its unused months that cost something are given back.`,
      }
    : {
        zh: `您于${zhTime(facts.cancelledAt, facts)}发出的退订在扣费后才到达我们的系统,以您发出的时间为准,因此全额退还。`,
        en: `The cancel sent ${enTime(facts.cancelledAt, facts)} reached us after the charge; the time it was sent counts, so the fee is given back.`,
      };

const UNNAMED = ({ rule }: ChargeFacts): Words => ({
  zh: `依据计费规则${rule}。`,
  en: `It was decided by charging rule ${rule}.`,
});

function zhTime(at: number | null, { zone }: ChargeFacts): string {
  return at === null ? '较早时' : civilWords(at, zone).zh;
}

function enTime(at: number | null, { zone }: ChargeFacts): string {
  return at === null ? 'earlier' : civilWords(at, zone).en;
}
