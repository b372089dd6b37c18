import { addHerd, herdPhone } from '../support/herd.ts';
import { until } from '../support/poll.ts';
import { Rig } from '../support/rig.ts';
import type { BenchResult } from './result.ts';

/** Findings H1, H2; issue 10. */
const HERD = 150;
const FLOOD = 200;
const NEIGHBOURS = 20;
const GOAL_HERD_S = 10;
const GOAL_NEIGHBOUR_S = 2;

/**
 * 150 parents text JX in a second on a stack that has just started: seconds until the last answer is on its phone. Then
 * one phone sends 200 texts, and twenty others one each meanwhile: the slowest of their answers, which with twenty is p99.
 */
export async function benchHerd(): Promise<BenchResult[]> {
  const rig = await Rig.start({
    load: (pool) => addHerd(pool, HERD + NEIGHBOURS),
    workers: [['core', 'carrier', 'readers']],
  });
  try {
    await rig.linksAreBound();
    const order = (n: number) => rig.smsc.textFrom(herdPhone(n), 'JX', '10657099');
    const herdAt = Date.now();
    await Promise.all(Array.from({ length: HERD }, (_, n) => order(n)));
    await until('the herd is answered', async () => (await accepted(rig)).length >= HERD, 60_000, 50);
    const herd = (Date.now() - herdAt) / 1_000;

    const before = (await accepted(rig)).length;
    const askedAt = new Map<string, number>();
    const flood = Array.from({ length: FLOOD }, () => rig.smsc.textFrom(herdPhone(0), 'CX', '10657099'));
    for (let n = HERD; n < HERD + NEIGHBOURS; n++) {
      askedAt.set(herdPhone(n), Date.now());
      await order(n);
    }
    await Promise.all(flood);
    const waits = await until(
      'the neighbours are answered',
      async () => {
        const answers = (await accepted(rig)).slice(before).filter(({ to }) => askedAt.has(to));
        return answers.length >= NEIGHBOURS && answers.map(({ to, at }) => (Date.parse(at) - askedAt.get(to)!) / 1_000);
      },
      60_000,
      50,
    );
    const neighbour = Math.max(...waits);
    return [
      { name: 'herd-150-orders', value: herd, unit: 's', goal: GOAL_HERD_S, ok: herd <= GOAL_HERD_S },
      {
        name: 'flood-neighbour-p99',
        value: neighbour,
        unit: 's',
        goal: GOAL_NEIGHBOUR_S,
        ok: neighbour <= GOAL_NEIGHBOUR_S,
      },
    ];
  } finally {
    await rig.stop();
  }
}

const accepted = (rig: Rig) => rig.smsc.acceptedAfter(0);
