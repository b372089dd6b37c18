/** What a parent is told about an order or a cancel: always one text, prices and keywords from the profile. */
import type { CarrierProfile, Package } from './carrier-profile.ts';
import { civilOf } from './civil-time.ts';
import { yuan } from './money.ts';
import { packageOf, type CancelOutcome, type Decision, type OrderOutcome, type SubscriptionState } from './ordering.ts';

/** Names of services where the profile sells them only in bundles (spec §2). */
const SERVICE_NAME: Record<string, string> = {
  'home-school': '家校互动',
  'safety-sms': '平安短信',
  'family-phone': '亲情电话',
};

/**
 * The text that answers a decided order or cancel.
 * @param asked the package ordered; undefined for a cancel
 */
export function answerText(
  { outcome, state, events }: Decision<OrderOutcome | CancelOutcome>,
  profile: CarrierProfile,
  asked?: string,
): string {
  const [subscribe, cancel] = [profile.keywords.subscribe[0]!, profile.keywords.cancel[0]!];
  const toOrder = `发送${subscribe}到${profile.shortCode}`;
  const toCancel = `发送${cancel}到${profile.shortCode}退订。`;
  const named = (id: string | null | undefined) => (id ? nameOf(id, profile) : '');
  const priced = (id: string | null | undefined) => (id ? `${named(id)},${priceOf(id, profile)}` : '');
  switch (outcome) {
    case 'subscribed': {
      const ordered = events[0]!.package;
      const bundled = packageOf(profile, ordered)!.services;
      const gifts = ordered === state.package ? state.services.filter((each) => !bundled.includes(each)) : [];
      const free = gifts.length > 0 ? `免费赠送${listOf(gifts, profile)}。` : '';
      return `您已订制${priced(ordered)}。${free}${toCancel}`;
    }
    case 'pending-consent': {
      const awaited = state.state === 'pending' ? state.package : state.waiting;
      return `有人为您申请订制${priced(awaited)}。同意请${toOrder};不回复则不订制,不收费。`;
    }
    case 'already-subscribed': {
      const back = events.filter(
        (event) => event.type === 'order' && !event.unchanged && event.package !== state.package,
      );
      return back.length > 0
        ? `您已订制${priced(state.package)}。免费的${listOf(
            back.map((event) => event.package),
            profile,
          )}已为您恢复。${toCancel}`
        : `您已是${named(state.package)}用户,无需重复订制。${toCancel}`;
    }
    case 'changes-next-month': {
      const { month } = civilOf(state.next!.from, profile.zone);
      return `您的套餐将从${month}月1日起由${named(state.package)}改为${priced(state.next!.package)}。${toCancel}`;
    }
    case 'off-net':
      return `订制未成功:${named(asked)}仅限${profile.name}的手机号码使用。未订制,不收费。`;
    case 'unknown-package':
      return `没有您指定的业务,未作任何更改。${toOrder}可订制${named(profile.defaultPackage)}。`;
    case 'cancelled': {
      const [first, ...others] = events.map((event) => event.package);
      const along = others.length > 0 ? `,同时退订${listOf(others, profile)}` : '';
      return `您已退订${named(first)}${along}。如需再次订制,请${toOrder}。`;
    }
    case 'free-services-cancelled':
      return `您已退订免费业务:${listOf(
        events.map((event) => event.package),
        profile,
      )}。`;
    case 'ordered-since':
      return `您在此之后又订制了${named(state.package)},订制有效。${toCancel}`;
    case 'cancelled-since':
      return `您在此之后已退订,未订制${named(asked)},不收费。${toOrder}可订制${named(profile.defaultPackage)}。`;
    case 'not-subscribed':
      return state.state === 'active'
        ? `您没有此项业务，无需退订。${whatTheyHave(state, profile)}`
        : `您没有订制此业务,无需退订。${toOrder}可订制${named(profile.defaultPackage)}。`;
  }
}

/** What an active unit has, how its cancelled gifts come back, and how what it has ends. */
function whatTheyHave({ services, package: id }: SubscriptionState, profile: CarrierProfile): string {
  const { keywords, shortCode, gifts } = profile;
  const isFree = packageOf(profile, id!)!.fen === 0;
  const gone = isFree ? [] : gifts.filter((gift) => !services.includes(gift));
  const [order, end] = [keywords.subscribe[0]!, (isFree ? keywords.cancelFree : keywords.cancel)[0]!];
  const back = gone.length > 0 ? `免费的${listOf(gone, profile)}已停用，发送${order}到${shortCode}即可恢复。` : '';
  return `您现有${nameOf(id!, profile)},${priceOf(id!, profile)}。${back}发送${end}到${shortCode}退订。`;
}

/** What a parent is told when a paid year is over (R6). */
export function yearOverText(ended: string, profile: CarrierProfile): string {
  const order = `发送${profile.keywords.subscribe[0]!}到${profile.shortCode}`;
  return `您订制的${nameOf(ended, profile)}已满十二个月,服务到期停止,不再收费。如需继续,请${order}订制${nameOf(profile.defaultPackage, profile)}。`;
}

/** `8元/月/户`, `40元/年`, `免费` */
export function priceOf(id: string, profile: CarrierProfile): string {
  const { fen, period }: Package = packageOf(profile, id)!;
  if (fen === 0) return '免费';
  const perUnit = profile.billingUnit === 'household' ? '/户' : '';
  return `${yuan(fen)}元/${period === 'month' ? '月' : '年'}${perUnit}`;
}

function nameOf(id: string, profile: CarrierProfile): string {
  return packageOf(profile, id)?.name ?? SERVICE_NAME[id] ?? id;
}

function listOf(ids: readonly string[], profile: CarrierProfile): string {
  return ids.map((id) => nameOf(id, profile)).join('、');
}
