import { EventEmitter } from 'node:events';
import { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { z } from 'zod/mini';
import { type Fault, MemoryStore, MemoryTable } from './memory-store';
import { deadLetterQueueUrl, type Message, QueueModel, queueUrl } from './queue-model';
import { ended, pause } from './virtual-clock';
import {
  type ConsumerEnvironment, type DeadLetter, deadLetterAttribute, defineEvent, type EventContract, type Processing, queueConsumer, type StandardSchema,
  type Write,
} from '../../lambda';
import type { ConsumerMetrics } from '../../lambda/metrics';

/** The event of these tests. */
export const orderPlaced = defineEvent({
  source: 'shop', type: 'OrderPlaced', version: 1, schema: z.object({ orderId: z.string(), amount: z.number() }), key: ({ orderId }) => orderId,
});

export interface Order { readonly orderId: string; readonly amount: number }

/** What `PointToPointQueue` sets, with its defaults. */
export const environment: ConsumerEnvironment = {
  v: 1, id: 'Shop/Orders', construct: 'Shop/Orders', source: { kind: 'sqs', arn: 'arn:aws:sqs:eu-west-1:123456789012:orders', url: queueUrl },
  deadLetterQueue: deadLetterQueueUrl, idempotency: { table: 'shop-idempotency', rememberFor: 23 * 86_400 }, maxAttempts: 5, retry: { delay: 1, maxDelay: 900 },
};

/** What it sets for a FIFO queue. */
export const fifoEnvironment: Pick<ConsumerEnvironment, 'source' | 'deadLetterQueue'> = {
  source: { kind: 'sqs', arn: 'arn:aws:sqs:eu-west-1:123456789012:orders.fifo', url: `${queueUrl}.fifo`, fifo: true }, deadLetterQueue: `${deadLetterQueueUrl}.fifo`,
};

/** One execution environment of a Lambda function: it can die, and then nothing that it waits for comes back. */
export class FunctionModel {
  private dead = false;
  private readonly death = new EventEmitter();

  /** Kills the function; whoever waits for this waits forever. */
  async die(): Promise<never> {
    this.dead = true;
    this.death.emit('now');
    return new Promise<never>(() => {});
  }

  /** Makes calls to services end with the function. */
  mortal(fault: Fault): Fault {
    return async (call, moment) => {
      if (this.dead) { await this.die(); }
      try {
        await fault(call, moment);
      } finally {
        if (this.dead) { await this.die(); }
      }
    };
  }

  /** Invokes the handler; undefined when the function dies, by itself or at its timeout, or throws. */
  async invoke(handler: Handler, Records: SQSRecord[], timeoutMillis: number): Promise<SQSBatchResponse | undefined> {
    const end = Date.now() + timeoutMillis;
    const timeout = setTimeout(() => { void this.die(); }, timeoutMillis);
    const answer = handler({ Records }, { getRemainingTimeInMillis: () => end - Date.now() }).catch(() => undefined);
    const death = new Promise<undefined>((resolve) => { this.death.once('now', () => resolve(undefined)); });
    return Promise.race([answer, death]).finally(() => clearTimeout(timeout));
  }
}

export type Handler = (event: SQSEvent, context: { getRemainingTimeInMillis(): number }) => Promise<SQSBatchResponse>;

export interface ModelOptions {
  readonly on?: EventContract<string, StandardSchema>;
  /** What the handler does; by default it writes its order. */
  readonly process?: (order: Order, processing: Processing, lambda: FunctionModel) => Promise<void> | void;
  readonly environment?: Partial<ConsumerEnvironment>;
  readonly timeoutMillis?: number;
  readonly batchSize?: number;
  readonly maxReceiveCount?: number;
  /** The queue is a FIFO queue; its consumer needs the `fifoEnvironment`. */
  readonly fifo?: boolean;
  readonly fault?: (call: string, moment: 'before' | 'after', lambda: FunctionModel) => Promise<void> | void;
  readonly log?: Logger;
  readonly metrics?: Pick<ConsumerMetrics, 'count' | 'measure' | 'flush'>;
}

/** Nobody counts. */
const uncounted = { count: () => {}, measure: () => {}, flush: () => {} };

const silent = new Logger({ logLevel: 'SILENT' });

/** The write of an order, as the default handler makes it. */
export const writeOf = (orderId: string): Write => ({ Put: { TableName: 'orders', Item: { orderId } } });

/** A queue, its consumer and its store: everything real but the services. */
export class ConsumerModel {
  readonly table = new MemoryTable();
  readonly queue: QueueModel;
  /** Every start of the handler, by order. */
  readonly tries: string[] = [];
  protected readonly timeoutMillis: number;

  constructor(protected readonly options: ModelOptions = {}) {
    this.timeoutMillis = options.timeoutMillis ?? 30_000;
    this.queue = new QueueModel(6 * this.timeoutMillis / 1000, options.maxReceiveCount ?? 50, options.fifo);
  }

  /** Puts an order into the queue. */
  place(orderId: string, amount = 1, envelope?: Parameters<QueueModel['send']>[1]): Message {
    return this.queue.send(JSON.stringify({ orderId, amount }), envelope);
  }

  /** Hands one batch to a function that has just started. */
  async deliver(batch: SQSRecord[] = this.queue.receive(this.batchSize), lambda = new FunctionModel()): Promise<SQSBatchResponse | undefined> {
    return ended(this.invoke(batch, lambda));
  }

  /** Lets some functions side by side work until nothing more is sent and the queue is empty. */
  async drain(sideBySide = 1, sending: Promise<unknown> = Promise.resolve()): Promise<void> {
    let sent = false;
    const pollers = Array.from({ length: sideBySide }, async () => this.poll(() => sent));
    await ended(Promise.all([sending.then(() => { sent = true; }), ...pollers]));
  }

  /** Ids of the orders whose effects were committed, in order. */
  get done(): string[] {
    return this.table.effects.map((write) => (write as { readonly Put: { readonly Item: { readonly orderId?: unknown } } }).Put.Item.orderId as string);
  }

  /** What the dead letters say, with their bodies. */
  get letters(): (Partial<DeadLetter> & { body: string })[] {
    return this.queue.deadLetters.map(({ body, attributes }) => ({ body, ...JSON.parse(attributes?.[deadLetterAttribute]?.StringValue ?? '{}') as DeadLetter }));
  }

  protected handlerFor(lambda: FunctionModel): Handler {
    const { fault = () => {}, process = (order: Order, { tx }: Processing) => tx.write(writeOf(order.orderId)) } = this.options;
    const mortal = lambda.mortal((call, moment) => fault(call, moment, lambda));
    return queueConsumer({
      on: (this.options.on ?? orderPlaced) as typeof orderPlaced,
      process: (order, processing) => {
        this.tries.push(order.orderId);
        return process(order, processing, lambda);
      },
    }, {
      environment: { ...environment, ...this.options.environment },
      store: new MemoryStore(this.table, mortal),
      metrics: this.options.metrics ?? uncounted,
      sqs: this.queue.client(mortal),
      log: this.options.log ?? silent,
    });
  }

  private get batchSize() { return this.options.batchSize ?? 10; }

  private async invoke(batch: SQSRecord[], lambda: FunctionModel) {
    const response = await lambda.invoke(this.handlerFor(lambda), batch, this.timeoutMillis);
    this.queue.answer(batch, response);
    return response;
  }

  private async poll(sent: () => boolean): Promise<void> {
    while (!sent() || this.queue.nextIn !== undefined) {
      const batch = this.queue.receive(this.batchSize);
      if (batch.length > 0) { await this.invoke(batch, new FunctionModel()); } else { await pause(Math.max(1, this.queue.nextIn ?? 1_000)); }
    }
  }
}
