import type { Logger } from '@aws-lambda-powertools/logger';
import type { EventContract, OutputOf, StandardSchema } from '../contract';
import type { ConsumerEnvironment } from '../environment';
import { NotBegun, Poison, Unreadable } from '../errors';
import { Deadline } from './deadline';
import type { DeadLetterReason, Delivery, Outcome } from './delivery';
import { type ReadEvent, readEvent } from './event';
import { backOff, kindOf, messageOf, reasonOf } from './failure';
import { Transaction } from './transaction';
import type { IdempotencyStore, KnownKey, Write } from '../store/idempotency-store';
import { type Ending, forgetTries, type Held, once, type OnceOptions } from '../store/once';

/** What is known of a message besides its data. */
export interface Meta {
  /** Ties together everything that one request caused. */
  readonly correlationId: string;
  /** The business key of the event. */
  readonly key: string;
  /** Which try of the event this is. What says nothing about the event, such as a busy service or a death in company, is no try. */
  readonly attempt: number;
  /** How often the queue has handed this message out, this time included. */
  readonly receiveCount: number;
  readonly messageId: string;
  readonly sentAt: Date;
}

/** What a handler works with. */
export interface Processing {
  readonly meta: Meta;
  /** Writes that happen once, together with the memory that the event is done. */
  readonly tx: Pick<Transaction, 'write'>;
  /** Writes lines that carry the correlation id, the key and the attempt. */
  readonly log: Logger;
  /** Fires before the function's time is up. */
  readonly signal: AbortSignal;
}

/** Handles one event. It may run more than once; what it puts into `tx` happens once. */
export type Process<Data> = (data: Data, processing: Processing) => Promise<void> | void;

/** What a consumer is made of. */
export interface ConsumerParts<Schema extends StandardSchema> {
  readonly on: EventContract<string, Schema>;
  readonly process: Process<OutputOf<Schema>>;
  readonly environment: ConsumerEnvironment;
  readonly store: IdempotencyStore;
  readonly log: Logger;
  /** Sets a message aside; the message counts as done only after this has succeeded. */
  readonly setAside: (delivery: Delivery, reason: DeadLetterReason) => Promise<void>;
}

/** Deliveries of one event: run once, answered together. */
interface Work<Data> extends ReadEvent<Data> {
  readonly deliveries: Delivery[];
  known?: KnownKey;
}

/** A message that nobody will try again: what is written on its letter, and the key that is forgotten with it. */
interface SetAside {
  readonly kind: 'set-aside';
  readonly deliveries: readonly Delivery[];
  readonly reason: DeadLetterReason;
  readonly line: LogLine;
  readonly log: Logger;
  readonly key: string | undefined;
  readonly tries: number;
}

type LogLine = Readonly<Record<'failure' | 'reason' | 'error', string>>;

type Settle = (work: readonly Delivery[], deciding: Promise<Outcome | SetAside>) => Promise<void>;

const atOnce = 10; // messages under way at the same time in one function

/** Handles batches of deliveries; one delivery never decides over another. */
export class Consumer<Schema extends StandardSchema> {
  constructor(private readonly parts: ConsumerParts<Schema>) {}

  /** Says for each delivery what becomes of it. Never throws for a single message's sake. */
  async handle(deliveries: readonly Delivery[], remainingMillis: number): Promise<ReadonlyMap<Delivery, Outcome>> {
    const deadline = new Deadline(remainingMillis);
    const outcomes = new Map<Delivery, Outcome>();
    const letters: SetAside[] = [];
    const settle: Settle = async (work, deciding) => {
      try {
        const decision = await deciding;
        if (decision.kind === 'set-aside') { letters.push(decision); } else { work.forEach((delivery) => outcomes.set(delivery, decision)); }
      } catch (error) {
        // nothing here should fail; if it does, it must not take the batch with it: what has no outcome comes again
        this.logFor(work[0]!).error('could not be handled, will be tried again', { outcome: 'retry', reason: reasonOf(error), error: messageOf(error) });
      }
    };
    try {
      await deadline.limitAll(this.handleAll(deliveries, deadline, settle), 1 / 2);
      // last of all: a function that dies before its answer gets the batch again, and would leave a letter each time
      await deadline.limitAll(inParallel(letters, async (letter) => settle(letter.deliveries, this.send(letter))), 3 / 4);
    } finally {
      deadline.clear();
    }
    return new Map(outcomes);
  }

  private async handleAll(deliveries: readonly Delivery[], deadline: Deadline, settle: Settle): Promise<void> {
    const { readable, unreadable } = await this.read(deliveries);
    const works = await this.lookUp(readable);
    const now = Date.now();
    // an earlier run under this key died: it, or a batch mate, may take this function down too
    const suspect = ({ known }: Work<unknown>) => known?.status === 'INPROGRESS' && known.leaseUntil > 0 && known.leaseUntil < now;
    const fresh = works.filter((work) => !suspect(work));
    await Promise.all([
      inParallel(unreadable, async ({ delivery, error }) => settle([delivery], this.failReading(delivery, error))),
      inParallel(fresh, async (work) => settle(work.deliveries, this.perform(work, deadline, { alone: fresh.length === 1, replaces: false }))),
    ]);
    // one at a time, the least suspected first: when the function dies again, only one of them was under way
    for (const work of works.filter(suspect).sort((a, b) => suspicion(a) - suspicion(b))) {
      await settle(work.deliveries, this.performSuspect(work, deadline));
    }
  }

  /** Reads every delivery, and brings copies of one event together. */
  private async read(deliveries: readonly Delivery[]) {
    const read = await Promise.all(deliveries.map(async (delivery) => {
      try {
        return { delivery, event: await readEvent(delivery.body, this.parts.on, this.parts.environment.id) };
      } catch (error) {
        return { delivery, error };
      }
    }));
    const works = new Map<string, Work<OutputOf<Schema>>>();
    for (const { delivery, event } of read) {
      if (!event) { continue; }
      const identity = JSON.stringify([event.key, event.content]);
      const first = works.get(identity);
      if (first) { first.deliveries.push(delivery); } else { works.set(identity, { ...event, deliveries: [delivery] }); }
    }
    return { readable: [...works.values()], unreadable: read.filter(({ event }) => event === undefined) };
  }

  private async failReading(delivery: Delivery, error: unknown): Promise<Outcome | SetAside> {
    // a schema or a key that itself fails has no claim under which tries are counted; its receives come near enough
    return this.fail([delivery], error, kindOf(error) === 'unknown' ? delivery.receiveCount : undefined, this.logFor(delivery));
  }

  /** Asks what is known of events that were delivered before; of all others the claim will tell. */
  private async lookUp(works: Work<OutputOf<Schema>>[]): Promise<Work<OutputOf<Schema>>[]> {
    const again = works.filter(({ deliveries }) => deliveries.some(({ receiveCount }) => receiveCount > 1));
    if (again.length === 0) { return works; }
    try {
      const known = await this.parts.store.lookUp([...new Set(again.map(({ key }) => key))]);
      return works.map((work) => ({ ...work, ...(known.has(work.key) ? { known: known.get(work.key)! } : {}) }));
    } catch (error) {
      this.parts.log.warn('could not look up what is known of redelivered messages', { reason: reasonOf(error), error: messageOf(error) });
      return works;
    }
  }

  private async performSuspect(work: Work<OutputOf<Schema>>, deadline: Deadline): Promise<Outcome | SetAside> {
    const { attempts = 0, alone = false } = work.known ?? {};
    // one death is no proof, and a death in company is not even a try: it may have been another's doing
    const proof = Math.max(2, this.parts.environment.maxAttempts);
    if (!alone || attempts < proof || deadline.signal.aborted) {
      return this.perform(work, deadline, { alone: true, replaces: !alone });
    }
    const died = new Poison(`the function died while it handled this event alone, at try ${attempts}`, { reason: 'FunctionDied' });
    return this.fail(work.deliveries, died, attempts, this.logFor(work.deliveries[0]!, work.businessKey, attempts), work.key);
  }

  private async perform(work: Work<OutputOf<Schema>>, deadline: Deadline, company: Pick<OnceOptions, 'alone' | 'replaces'>): Promise<Outcome | SetAside> {
    const [delivery] = work.deliveries as [Delivery];
    if (deadline.signal.aborted) {
      // not begun is not tried: it goes back as it came
      this.logFor(delivery, work.businessKey).info('not begun, there was no time left', { outcome: 'retry', reason: 'NotBegun' });
      return { kind: 'again', delaySeconds: 0 };
    }
    const ending = await once(work, (held) => this.run(work, held, delivery, deadline), {
      ...company,
      store: this.parts.store,
      deadline: deadline.killAt,
      rememberForSeconds: this.parts.environment.idempotency.rememberFor,
      // what says nothing about the message is no try
      counts: (error) => !['environment', 'transient'].includes(kindOf(error)),
    });
    return this.outcomeOf(ending, work, delivery);
  }

  private async run(work: Work<OutputOf<Schema>>, { attempt }: Held, delivery: Delivery, deadline: Deadline) {
    const { messageId, correlationId, sentAt, receiveCount } = delivery;
    if (deadline.signal.aborted) { throw new NotBegun(); }
    const tx = new Transaction();
    const meta = { messageId, correlationId, sentAt, receiveCount, key: work.businessKey, attempt };
    const write = (...writes: readonly Write[]) => tx.write(...writes);
    const processing = { meta, tx: { write }, signal: deadline.signal, log: this.logFor(delivery, work.businessKey, attempt) };
    try {
      // a handler that throws before it returns a promise must not escape
      await deadline.limit(Promise.resolve().then(() => this.parts.process(work.data, processing)));
    } finally {
      tx.close();
    }
    return tx.close();
  }

  private outcomeOf(ending: Ending, work: Work<unknown>, delivery: Delivery): Outcome | SetAside {
    const log = this.logFor(delivery, work.businessKey, 'attempt' in ending ? ending.attempt : undefined);
    const copies = work.deliveries.length > 1 ? { copies: work.deliveries.length } : {};
    switch (ending.kind) {
      case 'done':
        log.info('processed', { outcome: 'processed', ...copies });
        return { kind: 'done' };
      case 'duplicate':
        log.info('already processed', { outcome: 'duplicate', ...copies });
        return { kind: 'done' };
      case 'held': {
        const untilFree = Math.ceil(Math.max(0, ending.until - Date.now()) / 1000) + 1;
        const delaySeconds = Math.min(untilFree, backOff(delivery.receiveCount, this.parts.environment.retry));
        log.info('in progress elsewhere', { outcome: 'held', delaySeconds });
        return { kind: 'again', delaySeconds };
      }
      case 'reused': {
        const reused = new Poison(`another ${this.parts.on.type} with the same key and other content was here before`, { reason: 'KeyReuse' });
        return this.fail(work.deliveries, reused, undefined, log);
      }
      case 'failed':
        return this.fail(work.deliveries, ending.error, ending.attempt, log, work.key);
    }
  }

  /** Lets a failed message come again, or has it set aside when that is no use. */
  private fail(deliveries: readonly Delivery[], error: unknown, attempt: number | undefined, log: Logger, key?: string): Outcome | SetAside {
    const kind = kindOf(error);
    const reason = { reason: reasonOf(error), message: messageOf(error), attempt: attempt ?? 0 };
    // the logger keeps the name `message` for itself
    const line = { failure: kind, reason: reason.reason, error: error instanceof Unreadable ? error.loggable : reason.message };
    // what says nothing about the message was not counted as a try; there the receives tell how long it has been going on
    const tries = kind === 'unknown' ? attempt ?? deliveries[0]!.receiveCount : deliveries[0]!.receiveCount;
    const { maxAttempts, retry } = this.parts.environment;
    if (kind === 'poison' || (kind === 'unknown' && (attempt ?? 0) >= maxAttempts)) { return { kind: 'set-aside', deliveries, reason, line, log, key, tries }; }
    const delaySeconds = backOff(tries, retry);
    log.warn('will be tried again', { outcome: 'retry', ...line, delaySeconds });
    return { kind: 'again', delaySeconds };
  }

  /** Sends the letter; only then is the message done, and its key free for the day when it comes back mended. */
  private async send({ deliveries, reason, line, log, key, tries }: SetAside): Promise<Outcome> {
    try {
      // one letter for all copies: they are the same event
      await this.parts.setAside(deliveries[0]!, reason);
    } catch (refused) {
      log.error('could not be set aside, will be tried again', { outcome: 'retry', ...line, deadLetterError: messageOf(refused) });
      return { kind: 'again', delaySeconds: backOff(tries, this.parts.environment.retry) };
    }
    log.error('set aside in the dead-letter queue', { outcome: 'dead-letter', ...line });
    if (key !== undefined) { await forgetTries(this.parts.store, key); }
    return { kind: 'done' };
  }

  private logFor({ messageId, correlationId, receiveCount }: Delivery, key?: string, attempt?: number): Logger {
    const child = this.parts.log.createChild();
    child.appendKeys({ correlationId, messageId, receiveCount, ...(key === undefined ? {} : { key }), ...(attempt === undefined ? {} : { attempt }) });
    return child;
  }
}

/** How likely it is that an event kills its function: less, while it has only died in company. */
function suspicion({ known }: Work<unknown>): number {
  return known?.alone ? known.attempts : 0;
}

/** A fixed number of workers take the next item until none is left. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, async () => {
    for (const item of waiting) { await work(item); }
  }));
}
