/** Packages and prices in words, from the carrier's profile. */
import type { CarrierProfile } from './carrier-profile.ts';
import { yuan } from './money.ts';
import type { Words } from './texts/index.ts';

/** Names of services where the profile sells them only in bundles (spec §2). */
const SERVICE_NAME: Record<string, string> = {
  'home-school': '家校互动',
  'safety-sms': '平安短信',
  'family-phone': '亲情电话',
};

/** As much of a profile as names take. */
export interface NamedPackages {
  packages: readonly { id: string; name: string }[];
}

/** What a package or service is called in Chinese; one that nobody knows keeps its id. */
export function packageName(id: string, { packages }: NamedPackages): string {
  return packages.find((each) => each.id === id)?.name ?? SERVICE_NAME[id] ?? id;
}

/** `家校互动、平安短信` */
export function packageNames(ids: readonly string[], profile: NamedPackages): string {
  return ids.map((id) => packageName(id, profile)).join('、');
}

/** `每户每月8元`, `每年40元`, `免费` */
export function priceWords(id: string, { packages, billingUnit }: CarrierProfile): Words {
  const { fen, period } = packages.find((each) => each.id === id)!;
  if (fen === 0) return { zh: '免费', en: 'free' };
  const [household, ofHousehold] = billingUnit === 'household' ? ['每户', ' and household'] : ['', ''];
  return {
    zh: `${household}${period === 'month' ? '每月' : '每年'}${yuan(fen)}元`,
    en: `${yuan(fen)} yuan a ${period}${ofHousehold}`,
  };
}
