import type { Carriers } from '../infra/carriers.ts';
import { dataError } from '../infra/postgres/data-error.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import type { Answer } from '../infra/smpp/client.ts';
import type { ShortMessage } from '../infra/smpp/decode.ts';
import { isReceipt, parseReceipt, readsAsReceipt } from '../infra/smpp/receipt.ts';
import { STATUS } from '../infra/smpp/status-words.ts';
import type { Logger } from '../infra/telemetry/log.ts';
import { Summary } from '../infra/telemetry/summary.ts';
import type { PendingStarter } from '../infra/temporal/pending-starter.ts';
import { isMobile, withoutPrefixes } from '../workflows/domain/phone-number.ts';
import { Answers, type Awaiting } from './carrier-answers.ts';
import { Doubts } from './carrier-doubts.ts';
import { digestOf, storeIncomplete, storeMo, type DeliveredText, type Stored } from './carrier-mo.ts';
import { storeUnreadable, unreadable, type Unreadable } from './carrier-quarantine.ts';
import { joinReceipts, storeReceipts, type TenantReceipt } from './carrier-receipts.ts';
import { forgetUnanswered } from './carrier-redelivery.ts';
import { LinkCounts } from './link-counts.ts';
import { Turns } from './turns.ts';

export interface InboundDeps {
  pool: Pool;
  carriers: Carriers;
  /** Starts what routes a parent's text. */
  starter: PendingStarter;
  log: Logger;
}

/** Delivered and unanswered at most; more are refused with RMSGQFUL and come again. An SMSC's window is far below. */
const UNANSWERED_AT_MOST = 5_000;
/** The same in octets: a message_payload may be 64 KiB. */
const UNANSWERED_OCTETS_AT_MOST = 16 * 1024 * 1024;
/** Unreadable ones per insert. */
const UNREADABLE_PER_WRITE = 500;
/** Phones whose texts are stored at once: a quarter of the links' connections. */
const PHONES_AT_A_TIME = 4;
/** Receipts per insert: a full link's receipts of 100 ms. */
const RECEIPTS_PER_WRITE = 2_000;

/** SMPP 3.4 §5.2.8: an address is at most 20 characters. */
const ADDRESS_CHARACTERS = 20;

interface Waiting<T> {
  item: T;
  answer: (status: number, arrived?: () => void) => void;
}

export interface InboundOptions {
  link?: number;
  /** Counts what comes in. */
  counts?: LinkCounts;
  /** Told what could not be read or stored. */
  trouble?: (reason: string) => void;
  /** How long the SMSC waits for an answer at the least (default 5 s). */
  patienceMs?: number;
}

/**
 * What an SMSC delivers over one connection: receipts and parents' texts, each answered only once it is committed.
 * What can't be stored now is refused with a passing error, so that it comes again.
 */
export class Inbound {
  readonly #deps: InboundDeps;
  readonly #tenant: string;
  readonly #connection: string;
  readonly #counts: LinkCounts;
  readonly #link: number | null;
  readonly #trouble: (reason: string) => void;
  readonly #log: Summary;
  #receipts: Waiting<TenantReceipt>[] = [];
  readonly #texts = new Turns<Waiting<DeliveredText & Awaiting>>();
  #unreadable: Waiting<Unreadable>[] = [];
  readonly #doubts: Doubts;
  /** Of what has no answer yet. */
  #octets = 0;
  readonly #answers: Answers;
  #storingReceipts: Promise<void> | undefined;
  #storingTexts: Promise<void> | undefined;
  #storingUnreadable: Promise<void> | undefined;

  /** @param connection names the connection, unlike any other ever */
  constructor(deps: InboundDeps, tenant: string, connection: string, options: InboundOptions = {}) {
    this.#deps = deps;
    this.#tenant = tenant;
    this.#connection = connection;
    this.#counts = options.counts ?? new LinkCounts();
    this.#link = options.link ?? null;
    this.#trouble = options.trouble ?? (() => undefined);
    this.#doubts = new Doubts(deps.pool, ({ message, answer }, as) => {
      if (as === 'receipt') this.#takeReceipt(message, answer);
      else if (as === 'text') this.#takeText(message, answer);
      else {
        this.#note('a text that reads as a receipt could not be looked up');
        answer(STATUS.temporaryError);
      }
    });
    this.#log = new Summary((reason, count) => deps.log.warn({ connection, reason, count }, 'inbound'));
    this.#answers = new Answers(deps.pool, connection, {
      patienceMs: options.patienceMs,
      failed: (reason) => this.#note(reason),
    });
  }

  deliver(message: ShortMessage, answer: Answer): void {
    const waiting = this.#receipts.length + this.#texts.length + this.#unreadable.length + this.#doubts.count;
    if (waiting >= UNANSWERED_AT_MOST || this.#octets >= UNANSWERED_OCTETS_AT_MOST)
      return void answer(STATUS.queueFull);
    const octets = message.pdu?.length ?? message.content.length;
    this.#octets += octets;
    const answered = (status: number, arrived?: () => void) => {
      this.#octets -= octets;
      answer(status, arrived);
    };
    if (message.malformed !== undefined) return this.#keep(message, message.malformed, answered);
    if (message.brokenTlvs !== undefined) this.#keep(message, message.brokenTlvs, () => undefined);
    if (isReceipt(message)) this.#takeReceipt(message, answered);
    else if (readsAsReceipt(message)) this.#doubt(message, answered);
    else this.#takeText(message, answered);
  }

  /** Resolves when everything delivered so far has its answer, and what arrived of these is noted. */
  async idle(): Promise<void> {
    while (this.#doubts.settling || this.#storingReceipts || this.#storingTexts || this.#storingUnreadable)
      await Promise.all([this.#doubts.settling, this.#storingReceipts, this.#storingTexts, this.#storingUnreadable]);
    await this.#answers.idle();
  }

  /** Nothing comes any more. */
  async close(): Promise<void> {
    await this.idle();
    this.#log.close();
  }

  /** For a person to read. */
  #keep(message: ShortMessage, reason: string, answer: (status: number) => void): void {
    this.#note(`deliver_sm ${reason}`);
    this.#unreadable.push({ item: unreadable(this.#tenant, this.#link, message, reason), answer });
    this.#storingUnreadable ??= this.#storeUnreadable();
  }

  /** From what is no mobile phone, nothing but the id would tell whose it is: too little against a person's words. */
  #doubt(message: ShortMessage, answer: Waiting<DeliveredText>['answer']): void {
    const receipt = { ...parseReceipt(message)!, ...this.#addresses(this.#asAnswer(message)) };
    if (isMobile(receipt.phone)) this.#doubts.add({ message, receipt, answer });
    else this.#takeText(message, answer);
  }

  #takeReceipt(message: ShortMessage, answer: (status: number) => void): void {
    const receipt = parseReceipt(message);
    if (!receipt) {
      // Nothing of it can be used, and refusing would bring it again for ever.
      this.#note('a receipt names no message or no state');
      answer(STATUS.ok);
      return;
    }
    this.#receipts.push({ item: { ...receipt, ...this.#addresses(this.#asAnswer(message)) }, answer });
    this.#storingReceipts ??= this.#storeReceipts();
  }

  #takeText(message: ShortMessage, answer: Waiting<DeliveredText>['answer']): void {
    const { phone, destination, tenant } = this.#addresses(message);
    const awaiting = this.#answers.awaited(digestOf(tenant, phone, destination, message));
    const item = { tenant, phone, destination, message, connection: this.#connection, ...awaiting };
    this.#texts.push(phone, { item, answer });
    this.#storingTexts ??= this.#storeTexts();
  }

  #addresses(message: ShortMessage): { phone: string; destination: string; tenant: string } {
    const phone = this.#plain(message.source);
    const destination = this.#plain(message.destination);
    return { phone, destination, tenant: this.#deps.carriers.byAddress(destination) ?? this.#tenant };
  }

  /** A receipt from the phone to the short code; some SMSCs leave the addresses as the text had them. */
  #asAnswer(message: ShortMessage): ShortMessage {
    const isOurs = (address: string) => this.#deps.carriers.byAddress(this.#plain(address)) !== undefined;
    const { source, destination } = message;
    if (!isOurs(source) || isOurs(destination)) return message;
    return { ...message, source: destination, destination: source };
  }

  /** A number as it is kept: see withoutPrefixes; a short code is a whole number too. */
  #plain(address: string): string {
    const { carriers } = this.#deps;
    const isWhole = (number: string) => isMobile(number) || carriers.byAddress(number) !== undefined;
    const { numberPrefixes } = carriers.profile(this.#tenant);
    return withoutPrefixes(address, numberPrefixes, isWhole).slice(0, ADDRESS_CHARACTERS);
  }

  async #storeReceipts(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#receipts.length > 0) {
      const batch = this.#receipts.slice(0, RECEIPTS_PER_WRITE);
      const stored = await this.#tried('receipts', async () => {
        const items = batch.map(({ item }) => item);
        for (const state of await storeReceipts(this.#deps.pool, items)) this.#countReceipt(state);
      });
      this.#receipts = this.#receipts.slice(batch.length);
      for (const { answer } of batch) answer(stored ? STATUS.ok : STATUS.temporaryError);
    }
    // In the same turn as the loop's last look, so that nothing that comes now is left lying.
    this.#storingReceipts = undefined;
  }

  /** Phones in turn, several at a time: a commit waits for the disk. */
  async #storeTexts(): Promise<void> {
    const storing = new Set<Promise<void>>();
    while (this.#texts.length > 0 || storing.size > 0) {
      const next = storing.size < PHONES_AT_A_TIME ? this.#texts.take() : undefined;
      if (!next) {
        await Promise.race(storing);
        continue;
      }
      const stored = this.#storeText(next.item).finally(() => {
        this.#texts.done(next.key);
        storing.delete(stored);
      });
      storing.add(stored);
    }
    this.#storingTexts = undefined;
  }

  async #storeText({ item, answer }: Waiting<DeliveredText & Awaiting>): Promise<void> {
    let result: Stored | undefined;
    let refused: string | undefined;
    await this.#tried('text', async () => {
      result = await storeMo(this.#deps.pool, item).catch((error: unknown) => {
        refused = dataError(error);
        if (refused === undefined) throw error;
        return undefined;
      });
    });
    if (result) answer(STATUS.ok, this.#answers.given(item, result.unanswered));
    else {
      this.#answers.refused(item);
      // The database would refuse it each time it comes again: a person reads what it says.
      if (refused !== undefined) this.#keep(item.message, `not storable (SQLSTATE ${refused})`, answer);
      else answer(STATUS.temporaryError);
    }
    if (result?.mo) this.#deps.starter.offer([{ kind: 'inbound-sms', tenant: result.mo.tenant, key: result.mo.hash }]);
  }

  /** A receipt that says the text is kept for now is no outcome. */
  #countReceipt(state: string): void {
    if (state !== 'BUFFERED') this.#counts.add(state);
  }

  async #storeUnreadable(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#unreadable.length > 0) {
      const batch = this.#unreadable.slice(0, UNREADABLE_PER_WRITE);
      const items = batch.map(({ item }) => item);
      const stored = await this.#tried('unreadable deliver_sm', () => storeUnreadable(this.#deps.pool, items));
      this.#unreadable = this.#unreadable.slice(batch.length);
      // Delivered again it would be no better.
      for (const { answer } of batch) answer(stored ? STATUS.permanentError : STATUS.temporaryError);
    }
    this.#storingUnreadable = undefined;
  }

  async #tried(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#note(`${what} not stored: ${(error as Error).message}`);
      return false;
    }
  }

  #note(reason: string): void {
    this.#trouble(reason);
    this.#log.note(reason);
  }
}

/** Stores long texts that stay incomplete, joins receipts that came first, forgets what can't come again any more. */
export async function sweepInbound({ pool }: Pick<InboundDeps, 'pool'>, tenant: string): Promise<void> {
  await joinReceipts(pool, tenant);
  await storeIncomplete(pool, tenant);
  await forgetUnanswered(pool, tenant);
}
