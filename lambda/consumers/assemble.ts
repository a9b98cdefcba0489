import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { checkOptions } from './check-options';
import type { AnyConsumerOptions, Collaborators } from './options';
import { impatient } from '../connection';
import type { EventContract } from '../contract';
import { SqsDeadLetters } from '../dead-letter';
import { decode } from '../decode';
import { Consumer } from '../engine/consumer';
import type { Delivery } from '../engine/delivery';
import type { Process } from '../engine/processing';
import { traceWith } from '../engine/trace';
import type { Tx } from '../engine/transaction';
import { Verdict } from '../engine/verdict';
import { type ConsumerEnvironment, type ConsumerSource, readConsumerEnvironment } from '../environment';
import { ConsumerMetrics } from '../metrics';
import { DynamoDBStore } from '../store/dynamodb-store';
import { EntityStore } from '../store/entity-store';
import type { OrderStore } from '../store/idempotency-store';

/** What the source of a consumer is like. */
export interface Door<Source extends ConsumerSource = ConsumerSource> {
  /** The function that makes the handler. */
  readonly name: string;
  readonly kinds: readonly Source['kind'][];
  /** Whether a message may wait in the source. */
  readonly sourceWaits: (source: Source) => boolean;
  /** Whether the source says how often it has handed a message out. */
  readonly sourceCounts: boolean;
  readonly groupsStop: boolean;
}

/** A consumer that is put together, and what its door needs besides. */
export interface Assembled<Source extends ConsumerSource> {
  readonly consumer: Consumer;
  readonly environment: ConsumerEnvironment<Source>;
  readonly sqs: SQSClient;
  readonly log: Logger;
}

/** Puts a consumer together. Fails with everything that is wrong with its environment and its options. */
export function assemble<Source extends ConsumerSource>(door: Door<Source>, options: AnyConsumerOptions, collaborators: Collaborators): Assembled<Source> {
  const environment = (collaborators.environment ?? readConsumerEnvironment(door)) as ConsumerEnvironment<Source>;
  const contracts: readonly EventContract[] = Array.isArray(options.on) ? options.on as readonly EventContract[] : [options.on as EventContract];
  checkOptions(contracts, options, environment, door.groupsStop);
  const sqs = collaborators.sqs ?? new SQSClient({ ...impatient, useQueueUrlAsEndpoint: false });
  const log = collaborators.log ?? new Logger({ serviceName: environment.id });
  const metrics = collaborators.metrics ?? new ConsumerMetrics(environment.id);
  const verdict = new Verdict({ environment, log, metrics, classify: options.classify });
  const consumer = new Consumer({
    ...storesFor(options, collaborators, environment),
    environment,
    metrics,
    verdict,
    reading: { contracts, consumerId: environment.id, replayCounts: options.onReplay === 'force' },
    processOf: processesOf(options),
    emits: options.emits ?? [],
    onStale: options.onStale ?? 'skip',
    concurrency: options.concurrency ?? 100,
    sourceWaits: door.sourceWaits(environment.source),
    sourceCounts: door.sourceCounts,
    groupsStop: door.groupsStop,
    unpark: unparked,
    letter: new SqsDeadLetters(sqs, environment).send,
    trace: options.tracer && traceWith(options.tracer),
  });
  return { consumer, environment, sqs, log };
}

function storesFor({ idempotency, store }: AnyConsumerOptions, collaborators: Collaborators, environment: ConsumerEnvironment) {
  if (store) {
    const given = collaborators.store ?? store;
    return { storeFor: () => given, places: undefined, groups: undefined };
  }
  const { dynamodb = collaborators.store && idempotency !== 'entity' ? undefined : new DynamoDBClient(impatient) } = collaborators;
  const table = (collaborators.store ?? new DynamoDBStore(dynamodb!, environment.idempotency.table)) as OrderStore;
  if (!dynamodb || idempotency !== 'entity') { return { storeFor: () => table, places: table, groups: table }; }
  return { storeFor: (redelivered: boolean) => new EntityStore(dynamodb, table, redelivered), places: undefined, groups: table };
}

function processesOf({ on, process }: AnyConsumerOptions): (contract: EventContract) => Process<unknown, Tx> {
  if (!Array.isArray(on)) { return () => process as Process<unknown, Tx>; }
  return ({ type }) => (process as Record<string, Process<unknown, Tx>>)[type]!;
}

function unparked(text: string): Delivery {
  const { sentAt, ...delivery } = JSON.parse(text) as Omit<Delivery, 'decode' | 'sentAt'> & { readonly sentAt: string };
  return { ...delivery, sentAt: new Date(sentAt), decode: () => decode(delivery.body) };
}
