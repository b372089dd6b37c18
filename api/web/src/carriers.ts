import { useAnswer } from './asking.ts';
import { request } from './request.ts';
import { money } from './words.tsx';

export interface Package {
  id: string;
  /** In Chinese, as bills name it. */
  name: string;
  fen: number;
  period: 'month' | 'year';
}

export interface Carrier {
  id: string;
  name: string;
  packages: Package[];
}

const NONE: Carrier[] = [];

/** The session's carriers; none until they are known. Without them a page still shows all there is, by ids. */
export function useCarriers(): Carrier[] {
  const { answer } = useAnswer((signal) => request<{ carriers: Carrier[] }>('GET', '/api/v1/carriers', { signal }));
  return answer?.carriers ?? NONE;
}

/** A carrier's name, or its id until the name is known. */
export function carrierName(carriers: Carrier[], id: string): string {
  return carriers.find((carrier) => carrier.id === id)?.name ?? id;
}

/** A package with its price, on one line. */
export function packageWords({ name, fen, period }: Omit<Package, 'id'>): string {
  return `${name} ${fen === 0 ? '免费' : `${period === 'year' ? '每年' : '每月'}${money(fen)}`}`;
}

/** What a family can be charged for, to choose from; gifts come by themselves. */
export function paidPackages(carriers: Carrier[], carrierId: string): [id: string, words: string][] {
  const packages = carriers.find(({ id }) => id === carrierId)?.packages ?? [];
  return packages.filter(({ fen }) => fen > 0).map((each) => [each.id, packageWords(each)]);
}
