/** Why a line is there, in words a 10086 agent can read out: Chinese with English beside (spec §10.1). */
import type { CarrierProfile } from './carrier-profile.ts';
import type { ChargeLine } from './charging.ts';
import { formatWithOffset } from './civil-time.ts';
import { yuan } from './money.ts';

/** Tells a line's reason. `profile` is the version that the line names. */
export function chargeReason({ rule, fen, month, basis }: ChargeLine, profile: CarrierProfile): string {
  const on = (at: number) => formatWithOffset(at, profile.zone).slice(0, 19).replace('T', ' ');
  const ordered = on(basis.orderedAt);
  const hours = profile.firstOrder.waiverHours;
  const [chinese, english] = ((): [string, string] => {
    switch (basis.kind) {
      case 'first-order':
        return [
          `${ordered} 首次订制，满${hours}小时未退订`,
          `first order at ${ordered}, not cancelled within ${hours} hours`,
        ];
      case 'repeat-order':
        return [`${ordered} 当月重复订制，立即扣费`, `ordered again within the month at ${ordered}, charged at once`];
      case 'monthly':
        return basis.changed
          ? [`${ordered} 改订套餐，自${month}起生效`, `changed package at ${ordered}, from ${month} on`]
          : [`${ordered} 订制，${month}开始前未退订`, `ordered at ${ordered}, not cancelled before ${month} began`];
      case 'reversal': {
        const [cancelled, learnt] = [on(basis.cancelledAt!), on(basis.learntAt!)];
        return [
          `${cancelled} 已退订，${learnt} 收到，冲正`,
          `cancelled at ${cancelled}, learnt at ${learnt}: reversed`,
        ];
      }
      case 'refund': {
        const [cancelled, unused] = [on(basis.cancelledAt!), basis.unusedMonths!];
        return [
          `${cancelled} 退订全年套餐，未使用的${unused}个收费月应退费`,
          `year given up at ${cancelled}, ${unused} unused months to be given back`,
        ];
      }
    }
  })();
  const [late, lateEnglish] =
    fen >= 0 && basis.learntAt !== undefined
      ? [
          `（当时所知；${on(basis.cancelledAt!)}的退订${on(basis.learntAt)}才收到）`,
          ` as far as was known (a cancel of ${on(basis.cancelledAt!)} was learnt of at ${on(basis.learntAt)})`,
        ]
      : ['', ''];
  if (rule === 'R5')
    return `${chinese}${late}；${month}为免费月，不收费（${english}${lateEnglish}; a free month, nothing to pay）`;
  return `${chinese}${late}，${yuan(fen)}元（${english}${lateEnglish}: ${yuan(fen)} yuan）`;
}
