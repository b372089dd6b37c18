import { describe, expect, it } from 'vitest';
import { claimTexts, markHanded } from '../../activities/carrier-claim.ts';
import { takeLink } from '../../activities/carrier-owner.ts';
import { setBinds } from '../../infra/postgres/carrier-binds.ts';
import { aText, queue, states, TERMS, type RunningLink } from '../support/carrier-link.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';

const rig = linkRig();
const { run, accepted } = rig;

describe('what a dead owner had claimed', () => {
  const claim = { segments: 100, lanesUpTo: 4, handed: 2, terms: TERMS };

  it('goes back to the queue but for what was handed over', async () => {
    const ids = await queue(rig.pool, ...Array.from({ length: 6 }, () => aText()));
    const dead = await takeLink(rig.pool, { tenant: 'gansu', link: 0, links: 1 });
    const claimed = await claimTexts(rig.pool, dead, claim);
    await markHanded(rig.pool, dead, claimed[0]!.batchId, 4);
    await takeLink(rig.pool, { tenant: 'gansu', link: 0, links: 1 });
    expect(await states(rig.pool, ids)).toEqual([...Array<string>(4).fill('UNCERTAIN'), 'QUEUED', 'QUEUED']);
    await expect(markHanded(rig.pool, dead, claimed[0]!.batchId, 6)).rejects.toThrow('newer owner');
  });

  it('may all have left where no mark was kept', async () => {
    const ids = await queue(rig.pool, aText(), aText(), aText());
    const dead = await takeLink(rig.pool, { tenant: 'gansu', link: 0, links: 1 });
    await claimTexts(rig.pool, dead, claim);
    await rig.pool.query('update sms_batch set handed = null');
    await takeLink(rig.pool, { tenant: 'gansu', link: 0, links: 1 });
    expect(await states(rig.pool, ids)).toEqual(Array(3).fill('UNCERTAIN'));
  });
});

describe('another number of binds', () => {
  it('keeps each phone’s order, from one to three and back', async () => {
    const phones = Array.from({ length: 20 }, (_, i) => `1380000${String(i).padStart(4, '0')}`);
    const texts = Array.from({ length: 1_200 }, (_, i) => aText({ phone: phones[i % phones.length]! }));
    const ids = await queue(rig.pool, ...texts);
    rig.smsc.faults.replace({ slow: { delayMs: 20 } });
    let running: RunningLink[] = [];
    for (const [binds, share] of [
      [1, 0.2],
      [3, 0.5],
      [1, 0.8],
    ] as const) {
      // As the worker does it: the number first, then the links, each of which ends and begins anew.
      await setBinds(rig.pool, 'gansu', binds);
      const before = running;
      const ended = before.map((link) => link.stop());
      running = [];
      for (let link = 0; link < binds; link++) {
        await ended[link];
        running.push(run({ link, links: binds }));
      }
      await until('a share of the texts', () => accepted().length >= texts.length * share);
    }
    await until('all delivered', async () => (await states(rig.pool, ids)).every((s) => s === 'DELIVERED'));
    for (const phone of phones) {
      const sent = accepted().filter(({ to }) => to === phone);
      expect(sent.map(({ text }) => text)).toEqual(texts.filter((t) => t.phone === phone).map(({ body }) => body));
    }
    expect(new Set(accepted().map(({ session }) => session)).size).toBeGreaterThanOrEqual(5);
  });

  it('a link that knows another number claims nothing', async () => {
    await setBinds(rig.pool, 'gansu', 2);
    const ids = await queue(rig.pool, aText());
    const old = await takeLink(rig.pool, { tenant: 'gansu', link: 0, links: 1 });
    expect(await claimTexts(rig.pool, old, { segments: 100, lanesUpTo: 4, handed: 10, terms: TERMS })).toEqual([]);
    expect(await states(rig.pool, ids)).toEqual(['QUEUED']);
  });
});
