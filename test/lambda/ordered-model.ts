import { Logger } from '@aws-lambda-powertools/logger';
import type { SQSRecord } from 'aws-lambda';
import { z } from 'zod/mini';
import { ConsumerModel, environment, fifoEnvironment, type FunctionModel, type Handler, type ModelOptions, writeOf } from './consumer-model';
import { CountedMetrics } from './made-model';
import { MemoryStore } from './memory-store';
import type { Envelope, Message } from './queue-model';
import { pause } from './virtual-clock';
import {
  type ConsumerSettings, defineEvent, type EntityTx, type IdempotencyMode, type OrderedEventContract, type Process, type Processing, queueConsumer, type Write,
} from '../../lambda';

/** What happened to an account, and as which of its events. */
export interface Change { readonly account: string; readonly place: number; readonly amount: number }

const ofAccount = {
  source: 'bank', version: 1, schema: z.object({ account: z.string(), place: z.number(), amount: z.number() }),
  key: ({ account }: Change) => account, orderBy: ({ place }: Change): number | bigint | string => place, aggregate: 'Account',
};

/** Two events of one aggregate. */
export const deposited: OrderedEventContract<string, typeof ofAccount.schema> = defineEvent({ ...ofAccount, type: 'Deposited' });
export const withdrawn: OrderedEventContract<string, typeof ofAccount.schema> = defineEvent({ ...ofAccount, type: 'Withdrawn' });

/** The same without gaps. */
export const gapless: readonly [typeof deposited, typeof withdrawn] = [{ ...deposited, gapless: true }, { ...withdrawn, gapless: true }];

export type Effect = Processing<EntityTx>;

export interface OrderedOptions extends Omit<ModelOptions, 'on' | 'process' | 'metrics'> {
  readonly on?: readonly [typeof deposited, ...typeof deposited[]];
  /** What the handler does; by default it writes each event as an item of its own. */
  readonly process?: (change: Change, processing: Effect, lambda: FunctionModel) => Promise<void> | void;
  readonly settings?: ConsumerSettings & { readonly idempotency?: Exclude<IdempotencyMode, 'claim'>; readonly onGroupPoison?: 'continue' | 'park' };
}

/** What an event is called in these tests. */
export const nameOf = ({ account, place }: Pick<Change, 'account' | 'place'>) => `${account}${place}`;

/** The write of an event, as the default handler makes it. */
export const itemOf = (change: Change): Write => writeOf(nameOf(change));

const silent = new Logger({ logLevel: 'SILENT' });

/** A queue before a consumer of accounts, whose events have an order. */
export class OrderedModel extends ConsumerModel {
  readonly counted = new CountedMetrics();
  /** The calls to services, in order. */
  readonly calls: string[] = [];

  constructor(protected readonly ordered: OrderedOptions = {}) {
    const { on: _on, process: _process, settings: _settings, ...around } = ordered;
    super(around);
  }

  /** Puts an event into the queue; in a FIFO queue into the group of its account. */
  tell(account: string, place: number, { amount = 1, type = 'Deposited', id = `${type}-${account}-${place}`, ...envelope }: Envelope & {
    readonly amount?: number; readonly type?: string; readonly id?: string;
  } = {}): Message {
    return this.queue.send(bodyOf({ account, place, amount }, type, id), { ...(this.queue.fifo ? { group: account } : {}), ...envelope });
  }

  /** Puts several events of one account into the queue, one after the other. */
  tellAll(account: string, ...places: readonly number[]): readonly Message[] {
    return places.map((place) => this.tell(account, place));
  }

  /** Hands one message to a function, as if nothing else were in the queue. */
  async hand(...messages: readonly Message[]): Promise<readonly string[] | undefined> {
    const batch: SQSRecord[] = messages.map((message) => this.queue.handOut(message));
    return (await this.deliver(batch))?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }

  /** What the store remembers of a kind: `PLACE`, `PARKED`, `HALTED`, `COMPLETED` or `INPROGRESS`. */
  remembered(status: string): readonly Readonly<Record<string, unknown>>[] {
    return [...this.table.records.values()].filter((record) => record.status === status);
  }

  protected override handlerFor(lambda: FunctionModel): Handler {
    const { on = [deposited, withdrawn], settings, fault, fifo = false, log = silent } = this.ordered;
    const { process = (change: Change, { tx }: Effect) => tx.write(itemOf(change)) } = this.ordered;
    const mortal = lambda.mortal((call, moment) => {
      if (moment === 'before') { this.calls.push(call); }
      return fault?.(call, moment, lambda);
    });
    const handle: Process<Change, EntityTx> = (change, processing) => {
      this.tries.push(nameOf(change));
      return process(change, processing, lambda);
    };
    return queueConsumer({ ...settings, on, process: Object.fromEntries(on.map(({ type }) => [type, handle])) }, {
      environment: { ...environment, ...(fifo ? fifoEnvironment : {}), ...this.options.environment },
      store: new MemoryStore(this.table, mortal), dynamodb: this.table.client(mortal), metrics: this.counted, sqs: this.queue.client(mortal), log,
    });
  }
}

/** An event in an envelope such as anybody may write it. */
export function bodyOf(change: Change, type = 'Deposited', id = `${type}-${nameOf(change)}`): string {
  return JSON.stringify({ metadata: { id, type, source: 'bank', version: 1 }, data: change });
}

type Fault = NonNullable<ModelOptions['fault']>;

/** Strikes once, when the call comes for the n-th time, and knows whether it has. */
export function once(call: string, moment: 'before' | 'after', strike: (lambda: FunctionModel) => Promise<void> | void, nth = 1): Fault & { readonly struck: () => boolean } {
  let count = 0;
  const fault: Fault = (name, when, lambda) => name === call && when === moment && ++count === nth ? strike(lambda) : undefined;
  return Object.assign(fault, { struck: () => count >= nth });
}

export const dies = async (lambda: FunctionModel) => lambda.die();
export const waits = (millis: number) => async () => pause(millis);
export const failsWith = (name: string) => () => { throw Object.assign(new Error(name), { name }); };

export type Line = Readonly<Record<string, unknown>>;

/** What the log says. */
export function readableLog(): { readonly log: Logger; readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  // what the logger writes to; its children share the method
  jest.spyOn(Logger.prototype as unknown as { printLog(level: number, item: { getAttributes(): Line }): void }, 'printLog')
    .mockImplementation((_level, item) => { lines.push(JSON.parse(JSON.stringify(item.getAttributes())) as Line); });
  return { log: new Logger({ serviceName: 'accounts', logLevel: 'DEBUG' }), lines };
}
