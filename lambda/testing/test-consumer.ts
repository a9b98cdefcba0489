import type { LogLine } from './collected-log';
import type { Deliverable } from './deliverable';
import { MemoryDynamoDB } from './dynamodb/memory-dynamodb';
import type { KeyAttributes } from './dynamodb/table';
import { check, type EmittedEvent, type Expectation } from './expectation';
import { type Faults, PlannedFaults } from './faults';
import { type AnyHandler, FunctionUnderTest } from './function-under-test';
import { type Letter, MemorySqs } from './memory-sqs';
import { type Posting, sourceFor, type TestSource } from './source-for';
import { randomFrom, within } from './surroundings';
import { environmentFor, type TestEnvironment } from './test-environment';
import { VirtualClock } from './virtual-clock';
import { type Remakable, remaking } from '../consumers/handler';
import type { EventContract } from '../contract';
import type { Envelope } from '../envelope';
import type { ConsumerEnvironment } from '../environment';
import type { Counted } from '../metrics';
import type { Attributes } from '../store/idempotency-store';

/** What a handler is tested in. */
export interface TestOptions {
  /**
   * What the construct of the consumer sets.
   * @default - an id and tables of its own (`idempotency`, `outbox`), 5 tries
   */
  readonly environment?: TestEnvironment;

  /**
   * The database, for a handler whose own client is to see the same tables: `new MemoryDynamoDB()`, whose `client()` the handler has.
   * @default - a database of its own
   */
  readonly dynamodb?: MemoryDynamoDB;

  /**
   * Whether the queue is a FIFO queue.
   * @default false
   */
  readonly fifo?: boolean;

  /**
   * The timeout of the function in seconds. A handler that hangs really hangs for so long.
   * @default 30
   */
  readonly timeout?: number;

  /**
   * What time it is when the test begins.
   * @default - now
   */
  readonly now?: Date;
}

/** How often and how events are delivered, and what goes wrong meanwhile. */
export interface DeliverOptions extends Faults, Posting {
  /**
   * How often everything is delivered: as messages of their own, or for a change of a table as the same record again.
   * @default 1
   */
  readonly times?: number;

  /**
   * Whether all messages come in one batch.
   * @default false each in a batch of its own, one batch after the other
   */
  readonly together?: boolean;

  /**
   * Whether all batches are handled at the same time, each by a function of its own.
   * @default false
   */
  readonly sideBySide?: boolean;

  /**
   * Whether messages come in another order than given: `true` turns the order round, a number shuffles it, the same way for the same number.
   * @default false
   */
  readonly reorder?: boolean | number;
}

/**
 * Tests a handler that `queueConsumer` or one of its siblings has made, in process: with a database in memory, a source that delivers again what it would deliver again,
 * and a clock that makes nobody wait.
 *
 * ```ts
 * const test = testConsumer(handler).table('stock', { partitionKey: 'sku' }).given('stock', { sku: 'book', available: 5 });
 *
 * await test.deliver(event(orderPlaced, { orderId: 'order-1', sku: 'book' }), { times: 5, crashAfter: moments, reorder: true });
 *
 * test.expect({ effects: { stock: [{ sku: 'book', available: 4 }] } });
 * ```
 *
 * The promise, to be seen here: delivered five times, in any order, with functions that die anywhere, an effect in `tx` happens once. What the handler does besides `tx`
 * is real, and happens as often as the handler runs: such a test finds it.
 *
 * Pauses between deliveries (visibility timeouts, leases, retries) pass at once. Timers are real: a handler that waits for a service gets its answer, one that sleeps makes
 * the test wait, and one that hangs does so until its `timeout`. A function that dies takes its timers with it and hears of no call to the consumer's own database and
 * queue any more; what else the handler had under way at that moment goes on to its end.
 */
export function testConsumer(handler: (...input: never[]) => Promise<unknown>, options: TestOptions = {}): ConsumerTest {
  const made = (handler as Partial<Remakable<AnyHandler>>)[remaking];
  if (!made) { throw new TypeError('testConsumer takes a handler as queueConsumer or one of its siblings has made it: export it as it is, and wrap it elsewhere'); }
  return new ConsumerTest(made, options);
}

/** A handler in its test. */
export class ConsumerTest {
  /** What the function has written to its log so far. */
  readonly log: readonly LogLine[];
  /** The database that the handler writes to. */
  readonly dynamodb: MemoryDynamoDB;

  private readonly environment: ConsumerEnvironment;
  private readonly clock: VirtualClock;
  private readonly counts = new Map<Counted, number>();
  private readonly random = randomFrom(1);
  private readonly source: TestSource;
  private readonly sqs: MemorySqs;
  private faults: PlannedFaults | undefined;
  private lastAnswer: unknown;
  private readonly now: () => number;

  constructor(
    made: Remakable<AnyHandler>[typeof remaking],
    { environment, dynamodb = new MemoryDynamoDB(), fifo = false, timeout = 30, now = new Date() }: TestOptions,
  ) {
    const timeoutMillis = timeout * 1000;
    const log: LogLine[] = [];
    this.log = log;
    this.dynamodb = dynamodb;
    this.environment = environmentFor(made.door, fifo, environment);
    this.clock = new VirtualClock(now.getTime(), Math.min(1000, timeoutMillis / 4));
    this.now = () => this.clock.now;
    this.sqs = new MemorySqs((receiptHandle, seconds) => this.source.queue?.delay(receiptHandle, seconds));
    const tested = new FunctionUnderTest({
      remake: made.remake, environment: this.environment, database: dynamodb, sqs: this.sqs, timeoutMillis,
      now: this.now, random: this.random, log, counts: this.counts,
    });
    const contracts = [made.options.on].flat() as readonly EventContract[];
    this.source = sourceFor(this.environment.source, 6 * timeout, contracts, {
      invoke: async (event, requestId) => {
        const invocation = await this.clock.during(async () => tested.invoke(event, this.faults!, requestId));
        this.lastAnswer = invocation.kind === 'answered' ? invocation.answer : undefined;
        return invocation;
      },
      now: this.now,
      advance: (millis) => this.clock.advance(millis),
      giveUp: (body, why) => this.sqs.giveUp(body, why),
    });
  }

  /** The events that the handler has emitted so far. */
  get emitted(): readonly EmittedEvent[] {
    const { outbox } = this.environment;
    return (outbox ? this.dynamodb.items(outbox.table) : []).map(({ event }) => {
      const { metadata, data } = JSON.parse(String(event)) as Envelope;
      return { type: metadata.type, data, metadata };
    });
  }

  /** The messages that were set aside so far, and are still there. */
  get poisoned(): readonly Letter[] {
    return this.sqs.letters;
  }

  /** What the consumer has counted so far. */
  get metrics(): Readonly<Partial<Record<Counted, number>>> {
    return Object.fromEntries(this.counts);
  }

  /** The bodies of the messages that are still in the queue, because an event before them is missing. */
  get waiting(): readonly string[] {
    return this.source.queue?.waiting ?? [];
  }

  /** Declares the key of a table. Needed where it is not `id` and the table begins with an item. */
  table(name: string, key: KeyAttributes): this {
    this.dynamodb.table(name, key);
    return this;
  }

  /** Places items, as the state in which the test begins. */
  given(table: string, ...items: readonly Attributes[]): this {
    this.dynamodb.put(table, ...items);
    return this;
  }

  /** The items of a table as they are now. */
  items(table: string): readonly Attributes[] {
    return this.dynamodb.items(table);
  }

  /** Lets time pass. In seconds. */
  wait(seconds: number): this {
    this.clock.advance(seconds * 1000);
    return this;
  }

  /**
   * Delivers events, texts or changes of a table, and again what the source would deliver again, until all is at rest: done, set aside, or waiting for an event before it.
   *
   * Fails when something that was to go wrong did not, because no function came that far.
   */
  async deliver(what: Deliverable | readonly Deliverable[], options: DeliverOptions = {}): Promise<void> {
    const { times = 1, reorder = false, together = false, sideBySide = false, as, group, ...faults } = options;
    const given = [what].flat() as Deliverable[];
    if (given.length === 0 || !Number.isInteger(times) || times < 1) { throw new TypeError(`nothing is delivered: ${given.length} messages, ${times} times`); }
    const copies = ordered(Array.from({ length: times }, () => given).flat(), reorder);
    const posting = { ...(as === undefined ? {} : { as }), ...(group === undefined ? {} : { group }) };
    await this.withFaults(faults, async () => this.source.deliver(copies, { ...posting, together, sideBySide }));
  }

  /** Sends the letters back to the queue, as somebody would who has repaired what was wrong. */
  async redrive(faults: Faults = {}): Promise<void> {
    const { queue } = this.source;
    if (!queue) { throw new TypeError('redrive: only letters of a queue go back to where they came from'); }
    await this.withFaults(faults, async () => {
      queue.send(this.sqs.takeAll());
      await queue.drain({ together: false, sideBySide: false });
    });
  }

  /** Fails with everything that is not as expected, in one `AssertionError` of `node:assert`. */
  expect(expectation: Expectation): void {
    const { emitted, poisoned, metrics, log, lastAnswer } = this;
    check(expectation, { items: (table) => this.items(table), emitted, poisoned, metrics, log, answer: lastAnswer }, this.expect);
  }

  private async withFaults(faults: Faults, work: () => Promise<void>): Promise<void> {
    if (this.faults) { throw new Error('another delivery is under way: await it first'); }
    const planned = this.faults = new PlannedFaults(faults);
    try {
      await within({ now: this.now, random: this.random, onTimer: () => {} }, work);
    } finally {
      this.faults = undefined;
    }
    planned.checkAllStruck();
  }
}

function ordered<T>(list: readonly T[], reorder: boolean | number): T[] {
  if (reorder === false) { return [...list]; }
  if (reorder === true) { return [...list].reverse(); }
  const random = randomFrom(reorder);
  return list.map((one) => ({ one, at: random() })).sort((a, b) => a.at - b.at).map(({ one }) => one);
}
