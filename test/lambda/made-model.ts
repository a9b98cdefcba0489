import { Logger } from '@aws-lambda-powertools/logger';
import { ConsumerModel, environment, FunctionModel, type Handler, type ModelOptions } from './consumer-model';
import { MemoryStore, MemoryTable } from './memory-store';
import { QueueModel } from './queue-model';
import { ended } from './virtual-clock';
import { type Collaborators, type DeadLetter, deadLetterAttribute } from '../../lambda';
import type { ConsumerMetrics } from '../../lambda/metrics';

const silent = new Logger({ logLevel: 'SILENT' });

/** Metrics that can be read: sums, values, and how often they were flushed. */
export class CountedMetrics implements Pick<ConsumerMetrics, 'count' | 'measure' | 'flush'> {
  readonly counts: Record<string, number> = {};
  readonly measures: Record<string, number[]> = {};
  flushes = 0;

  count(name: string, n = 1): void { if (n > 0) { this.counts[name] = (this.counts[name] ?? 0) + n; } }
  measure(name: string, millis: number): void { (this.measures[name] ??= []).push(millis); }
  flush(): void { this.flushes++; }
}

/** A table with the outbox that the environment names. */
export const outbox = { outbox: { table: 'shop-outbox' } };

/** A queue before a handler that the test makes itself, of the collaborators that it is given. */
export class MadeModel extends ConsumerModel {
  readonly counted = new CountedMetrics();

  constructor(private readonly make: (collaborators: Collaborators, lambda: FunctionModel) => Handler, options: Omit<ModelOptions, 'on' | 'process'> = {}) {
    super(options);
  }

  /** What lies in the outbox: the events as they will travel. */
  get emitted(): { readonly metadata: Readonly<Record<string, unknown>>; readonly data: unknown }[] {
    return this.table.db.items(outbox.outbox.table).map(({ event }) => JSON.parse(event as string) as never);
  }

  /** Ids of what was written to the table of orders, in order: the outbox does not count. */
  override get done(): string[] {
    const puts = this.table.effects.flatMap((write) => 'Put' in write && write.Put.TableName === 'orders' ? [write.Put.Item] : []);
    return puts.map(({ orderId }) => orderId as string);
  }

  protected override handlerFor(lambda: FunctionModel): Handler {
    const mortal = lambda.mortal((call, moment) => this.options.fault?.(call, moment, lambda));
    return this.make({
      environment: { ...environment, ...this.options.environment },
      store: new MemoryStore(this.table, mortal),
      dynamodb: this.table.client(mortal),
      metrics: this.options.metrics ?? this.counted,
      sqs: this.queue.client(mortal),
      log: this.options.log ?? silent,
    }, lambda);
  }
}

/** A function that its source invokes with the event itself. */
type Invoked<Event, Answer> = (event: Event, context: { readonly awsRequestId?: string; getRemainingTimeInMillis(): number }) => Promise<Answer>;

export interface DoorOptions extends Pick<ModelOptions, 'environment' | 'timeoutMillis' | 'fault' | 'log'> {}

/** A consumer behind any other door than a queue's: everything real but the services. */
export class DoorModel<Event, Answer> {
  readonly table = new MemoryTable();
  readonly counted = new CountedMetrics();
  /** Takes the letters only. */
  private readonly queue = new QueueModel(1, 50);

  constructor(
    private readonly make: (collaborators: Collaborators, lambda: FunctionModel) => Invoked<Event, Answer>, private readonly options: DoorOptions = {},
  ) {}

  /** Invokes a function that has just started; `died` when it dies, by itself or at its timeout. Fails as the invocation does. */
  async invoke(event: Event, awsRequestId?: string): Promise<Answer | 'died'> {
    const { fault, timeoutMillis = 30_000, log = silent } = this.options;
    const lambda = new FunctionModel();
    const mortal = lambda.mortal((call, moment) => fault?.(call, moment, lambda));
    const handler = this.make({
      environment: { ...environment, ...this.options.environment },
      store: new MemoryStore(this.table, mortal),
      metrics: this.counted,
      sqs: this.queue.client(mortal),
      log,
    }, lambda);
    return ended(this.run(handler, event, lambda, timeoutMillis, awsRequestId));
  }

  /** What the dead letters say, with their bodies and attributes. */
  get letters(): (Partial<DeadLetter> & { readonly body: string; readonly attributes: Readonly<Record<string, string | undefined>> })[] {
    return this.queue.deadLetters.map(({ body, attributes = {} }) => ({
      body,
      attributes: Object.fromEntries(Object.entries(attributes).flatMap(([name, value]) => name === deadLetterAttribute ? [] : [[name, value.StringValue]])),
      ...JSON.parse(attributes[deadLetterAttribute]?.StringValue ?? '{}') as DeadLetter,
    }));
  }

  /** Ids of what was written to the table of orders, in order. */
  get done(): unknown[] {
    return this.table.effects.map((write) => (write as { readonly Put: { readonly Item: { readonly orderId?: unknown } } }).Put.Item.orderId);
  }

  private async run(
    handler: Invoked<Event, Answer>, event: Event, lambda: FunctionModel, timeoutMillis: number, awsRequestId?: string,
  ): Promise<Answer | 'died'> {
    let ending: { readonly answer: Answer } | { readonly error: unknown } | undefined;
    await lambda.invoke(async (_none, context) => {
      try {
        ending = { answer: await handler(event, { ...context, ...(awsRequestId === undefined ? {} : { awsRequestId }) }) };
      } catch (error) {
        ending = { error };
      }
      return { batchItemFailures: [] };
    }, [], timeoutMillis);
    if (ending === undefined) { return 'died'; }
    if ('error' in ending) { throw ending.error; }
    return ending.answer;
  }
}
