import type { Logger } from '@aws-lambda-powertools/logger';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { EventContract } from '../contract';
import type { FailureKind } from '../engine/failure';
import type { Events, OrderedEvents, ProcessOf } from '../engine/processing';
import type { PowertoolsTracer } from '../engine/trace';
import type { EntityTx, Tx } from '../engine/transaction';
import type { ConsumerEnvironment } from '../environment';
import type { ConsumerMetrics } from '../metrics';
import type { IdempotencyStore } from '../store/idempotency-store';

/**
 * Where a consumer keeps its memory of an event.
 *
 * - `transaction`: in its table, written in one transaction with what the handler puts into `tx`. Two requests for each event.
 * - `entity`: inside the entity that the handler writes; one request for each event. The events have an order, and the handler makes one write.
 * - `claim`: in its table or in another store, by a claim before and a completion after the handler, for effects outside of DynamoDB, each in a `tx.once`.
 */
export type IdempotencyMode = 'transaction' | 'entity' | 'claim';

/** What a handler may have an effect with. */
export type TxOf<Mode extends IdempotencyMode, Emits extends readonly EventContract[]> =
  Mode extends 'entity' ? EntityTx : Mode extends 'claim' ? Pick<Tx, 'once'> : Tx<Emits[number]>;

/** How a consumer goes about its events, whatever they are. */
export interface ConsumerSettings {
  /**
   * Says what an error means for its event; undefined leaves it to its name.
   * @default - what a busy service, a missing permission or `Poison` is called decides; everything else is tried again, up to the consumer's number of tries
   */
  readonly classify?: (error: unknown) => FailureKind | undefined;

  /**
   * What to do with an event after which a later one of its aggregate was done: pass it by and count it, have it handled without a place (`meta.stale` says so), or
   * set it aside.
   * @default 'skip'
   */
  readonly onStale?: 'skip' | 'process' | 'poison';

  /**
   * What an event is that an EventBridge archive replays: the same as before (`dedupe`), or another one, once for each replay (`force`).
   * @default 'dedupe'
   */
  readonly onReplay?: 'dedupe' | 'force';

  /**
   * How many events are under way at the same time in one function; those of one group or aggregate are done one after the other in any case. 1 to 1000.
   * @default 100
   */
  readonly concurrency?: number;

  /**
   * Powertools' `Tracer`, for a trace of each event. It brings the X-Ray SDK, about 120 KB.
   * @default - no traces
   */
  readonly tracer?: PowertoolsTracer;

  /**
   * Where a consumer with `idempotency: 'claim'` keeps its memory instead of in its table.
   * @default - in its table
   */
  readonly store?: IdempotencyStore;
}

/** What a consumer handles, and how. */
export interface ConsumerOptions<On extends Events, Emits extends readonly EventContract[], Mode extends IdempotencyMode> extends ConsumerSettings {
  /** The event that comes, or all events that may come. */
  readonly on: On & (Mode extends 'entity' ? OrderedEvents : unknown);

  /** Handles one event, or for several a function for each type. It may run more than once; what it puts into `tx` happens once. */
  readonly process: ProcessOf<On, TxOf<Mode, Emits>>;

  /**
   * The events that the handler sends with `tx.emit`.
   * @default - none
   */
  readonly emits?: Emits;

  /** @default 'transaction' */
  readonly idempotency?: Mode;
}

/** What a consumer works with; tests pass their own. */
export interface Collaborators {
  readonly environment?: ConsumerEnvironment;
  readonly dynamodb?: DynamoDBClient;
  readonly store?: IdempotencyStore;
  readonly sqs?: SQSClient;
  readonly log?: Logger;
  readonly metrics?: Pick<ConsumerMetrics, 'count' | 'measure' | 'flush'>;
}

/** The options of any consumer, after the compiler has checked them. */
export interface AnyConsumerOptions extends ConsumerSettings {
  readonly on: Events;
  readonly process: unknown;
  readonly emits?: readonly EventContract[];
  readonly idempotency?: IdempotencyMode;
}
