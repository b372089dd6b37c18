import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createUncertainReader } from '../infra/postgres/link-gauges.ts';
import { SmppClient } from '../infra/smpp/client.ts';
import { TokenBucket } from '../infra/smpp/token-bucket.ts';
import type { CarrierLinkStatus } from '../workflows/contracts.ts';
import { markHanded, returnTexts, type ClaimedText } from './carrier-claim.ts';
import { ClaimSize } from './carrier-claim-size.ts';
import { feed } from './carrier-feed.ts';
import { giveBack, type Outbound } from './carrier-give-back.ts';
import { Inbound, sweepInbound } from './carrier-inbound.ts';
import { DRAIN_MS, type CarrierLinkOptions } from './carrier-link-options.ts';
import type { CarrierLinkDeps, CarrierLinkInput } from './carrier-link.ts';
import { OutcomeWriter } from './carrier-outcomes.ts';
import { Permission } from './carrier-permission.ts';
import { FencedError, settleRemovedLinks, takeLink, type LinkOwner } from './carrier-owner.ts';
import { Reserve } from './carrier-reserve.ts';
import { Sender } from './carrier-sender.ts';
import { readLeft, reportAndAsk, Trouble, type Steering } from './carrier-status.ts';
import { LinkCounts } from './link-counts.ts';
import type { LinkLease } from './link-lease.ts';

/** What carriers grant one bind, and all a LAN's latency needs. */
const WINDOW = 100;
/** A mark is committed within this, on a busy database. */
const MARKED_WITHIN_S = 0.025;
/** A connection that lasted this long, or took a text, was one: the next is tried at once. */
const LASTED_MS = 5_000;

/**
 * One owner of one bind: from taking the link to giving it back. Nothing leaves while it is not sure that its lease holds:
 * a process that was frozen would else send what its successor has sent.
 */
export class CarrierLink {
  readonly #deps: CarrierLinkDeps;
  readonly #input: CarrierLinkInput;
  readonly #options: Required<Omit<CarrierLinkOptions, 'smpp' | 'sender'>>;
  readonly #lease: Pick<LinkLease, 'signal' | 'isHeld'>;
  readonly #report: (status: CarrierLinkStatus) => void;
  readonly #bucket: TokenBucket;
  #steering: Steering;
  #state: CarrierLinkStatus['state'] = 'connecting';
  readonly #trouble = new Trouble();
  #uncertain = 0;
  #window = WINDOW;
  readonly #counts = new LinkCounts();
  #sender: Sender | undefined;
  /** The SMSC answered no submit, and none since. */
  #stalled = false;

  /** @param lease held while this runs */
  constructor(
    deps: CarrierLinkDeps,
    input: CarrierLinkInput,
    lease: Pick<LinkLease, 'signal' | 'isHeld'>,
    report: (status: CarrierLinkStatus) => void,
  ) {
    this.#deps = deps;
    this.#input = input;
    this.#lease = lease;
    this.#report = report;
    this.#options = {
      pollMs: 50,
      drainMs: DRAIN_MS,
      reconnectMs: [500, 15_000],
      reportMs: 1_000,
      sweepMs: 2_000,
      ...deps.options,
    };
    this.#steering = { paused: input.paused, drained: false, rate: input.rate };
    this.#bucket = new TokenBucket(input.rate);
  }

  /**
   * Connects, sends and reconnects until the lease is to be given up.
   * @throws FencedError when a newer owner has taken the link
   */
  async run(): Promise<void> {
    this.#report(this.status);
    const owner = await takeLink(this.#deps.pool, this.#input);
    this.#deps.log.info({ tenant: owner.tenant, link: owner.link, epoch: owner.epoch }, 'carrier link taken');
    const { counts, steering } = await readLeft(this.#deps.pool, owner);
    this.#counts.carryOn(counts);
    // Before anything is sent, or a drained link would bind at each takeover.
    if (steering) this.#obey(steering);
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#lease.signal, stop.signal]);
    let fenced: FencedError | undefined;
    const housekeeping = this.#keepHouse(owner, signal).catch((error: unknown) => {
      fenced = error as FencedError;
      stop.abort();
    });
    try {
      await this.#connectAgainAndAgain(owner, signal);
    } finally {
      stop.abort();
      await housekeeping;
    }
    if (fenced) throw fenced;
  }

  async #connectAgainAndAgain(owner: LinkOwner, signal: AbortSignal): Promise<void> {
    const [first, longest] = this.#options.reconnectMs;
    let pause = first;
    while (!signal.aborted) {
      if (this.#steering.drained) {
        this.#state = 'disconnected';
        await sleep(this.#options.pollMs, signal);
        continue;
      }
      this.#state = this.#stalled ? 'stalled' : 'connecting';
      const since = performance.now();
      const worked = await this.#serveOneConnection(owner, signal);
      const lasted = worked !== 'not-bound' && !this.#stalled && performance.now() - since >= LASTED_MS;
      if (worked === 'sent' || lasted) pause = first;
      if (signal.aborted || this.#steering.drained) continue;
      this.#state = this.#stalled ? 'stalled' : 'disconnected';
      await sleep(pause, signal);
      pause = Math.min(longest, pause * 2);
    }
  }

  /** @returns how far it came */
  async #serveOneConnection(owner: LinkOwner, signal: AbortSignal): Promise<'not-bound' | 'bound' | 'sent'> {
    const inbound = new Inbound(this.#deps, owner.tenant, `${owner.tenant}/${owner.link}/${randomUUID()}`, {
      link: owner.link,
      counts: this.#counts,
      trouble: (reason) => this.#trouble.note(reason),
    });
    const client = await this.#connect(owner, inbound);
    if (!client) return 'not-bound';
    let closed: string | undefined;
    void client.closed.then((reason) => {
      closed = reason;
      // What was asked for is no trouble.
      if (!signal.aborted && !this.#steering.drained) this.#note(reason);
    });
    const { pollMs, drainMs, reconnectMs } = this.#options;
    const claim = new ClaimSize(this.#window);
    const outbound = this.#outbound(owner, client, claim);
    const { sender } = outbound;
    this.#sender = sender;
    try {
      await feed(outbound, {
        ...{ pool: this.#deps.pool, owner, claim, pollMs, retryMs: reconnectMs[0] },
        permission: new Permission(this.#deps.pool, this.#deps.carriers, owner),
        rate: () => this.#bucket.rate,
        isPaused: () => this.#steering.paused,
        ended: () => closed !== undefined || signal.aborted || this.#steering.drained,
        look: () => this.#see(sender),
        note: (reason) => this.#note(reason),
      });
    } finally {
      // Said before what is left is written down, which may take a while.
      this.#state = closed === undefined ? 'draining' : 'disconnected';
      await giveBack(
        { client, inbound, ...outbound },
        { drainMs, returnTexts: (unsent) => this.#returnTexts(owner, unsent) },
      );
      this.#sender = undefined;
    }
    return sender.accepted > 0 ? 'sent' : 'bound';
  }

  /** Binds; undefined where the SMSC can't be reached or refuses. */
  async #connect(owner: LinkOwner, inbound: Inbound): Promise<SmppClient | undefined> {
    const { carriers, log, smppAddress, options } = this.#deps;
    const address = smppAddress(owner.tenant);
    this.#window = address.window ?? options?.smpp?.window ?? WINDOW;
    try {
      const client = await SmppClient.connect({
        ...options?.smpp,
        // Read at each connection: certificates are renewed while we run.
        ...(address.caFile && { ca: readFileSync(address.caFile, 'utf8') }),
        address,
        window: this.#window,
        addressRange: `^${carriers.profile(owner.tenant).shortCode}`,
        onDeliver: (message, answer) => inbound.deliver(message, answer),
      });
      log.info({ tenant: owner.tenant, link: owner.link }, 'bound');
      return client;
    } catch (error) {
      this.#note((error as Error).message);
      return undefined;
    }
  }

  /** What a connection sends by. */
  #outbound(owner: LinkOwner, client: SmppClient, claim: ClaimSize): Outbound {
    const { log, pool, options } = this.#deps;
    const writer = new OutcomeWriter(pool, owner, log, this.#counts);
    const sender = new Sender({
      ...options?.sender,
      client,
      bucket: this.#bucket,
      careful: this.#stalled,
      record: (outcome) => writer.record(outcome),
      settled: (batch, texts) => writer.settled(batch, texts),
      trouble: (reason) => this.#trouble.note(reason),
      isOurs: () => this.#lease.isHeld,
      isPaused: () => this.#steering.paused,
      refill: () => reserve.refill(),
    });
    const reserve = new Reserve({
      // A dead owner leaves them unsure, so no more than a mark's time takes.
      slice: () => Math.ceil(Math.max(this.#window / 2, claim.perSecond * MARKED_WITHIN_S)),
      mark: (batchId, handed) => markHanded(pool, owner, batchId, handed),
      hand: (texts) => sender.add(texts),
      waiting: () => sender.waiting,
      failed: (error) => this.#note(`texts not handed over: ${error.message}`),
    });
    return { sender, reserve, writer };
  }

  async #returnTexts(owner: LinkOwner, unsent: ClaimedText[]): Promise<void> {
    for (;;) {
      try {
        return await returnTexts(this.#deps.pool, owner, unsent);
      } catch (error) {
        if (error instanceof FencedError) throw error;
        this.#note(`unsent texts not returned yet: ${(error as Error).message}`);
        await delay(this.#options.reconnectMs[0]);
      }
    }
  }

  /** What is shown of the link while it sends. */
  #see(sender: Sender): void {
    this.#stalled = sender.stalled || (this.#stalled && !sender.answered);
    this.#state = this.#steering.paused ? 'paused' : this.#stalled ? 'stalled' : 'bound';
  }

  /** Status out, steering in, and the sweep, whatever the connection does. Ends with FencedError or the signal. */
  async #keepHouse(owner: LinkOwner, signal: AbortSignal): Promise<void> {
    const { pool, log } = this.#deps;
    const countUncertain = createUncertainReader(pool, owner.tenant);
    let sweptAt = -Infinity;
    while (!signal.aborted) {
      try {
        const steering = await reportAndAsk(pool, owner, this.status, this.#counts);
        if (steering) this.#obey(steering);
        if (performance.now() - sweptAt >= this.#options.sweepMs) {
          sweptAt = performance.now();
          this.#uncertain = (await countUncertain())[0]?.parts ?? 0;
          // One link of a carrier sweeps for all.
          if (owner.link === 0) {
            await settleRemovedLinks(pool, owner);
            await sweepInbound(this.#deps, owner.tenant);
          }
        }
      } catch (error) {
        if (error instanceof FencedError) throw error;
        log.warn({ tenant: owner.tenant, link: owner.link, err: (error as Error).message }, 'housekeeping failed');
      }
      this.#report(this.status);
      await sleep(this.#options.reportMs, signal);
    }
  }

  #obey(steering: Steering): void {
    this.#steering = steering;
    this.#bucket.setRate(steering.rate);
  }

  #note(reason: string): void {
    this.#trouble.note(reason);
    this.#deps.log.warn({ tenant: this.#input.tenant, link: this.#input.link, reason }, 'carrier link');
  }

  /** How the link is now. */
  get status(): CarrierLinkStatus {
    return {
      state: this.#state,
      rate: this.#bucket.rate,
      window: this.#window,
      inFlight: this.#sender?.inFlight ?? 0,
      uncertain: this.#uncertain,
      ...this.#trouble.last,
    };
  }
}

/** Waits, at most until the signal. */
async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
