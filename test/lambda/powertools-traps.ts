import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { ConsumerModel, type ModelOptions, type Order, orderPlaced } from './consumer-model';
import { MadeModel } from './made-model';
import type { Fault } from './memory-store';
import { useVirtualClock } from './virtual-clock';
import { type Processing, queueConsumer } from '../../lambda';
import { MemoryDynamoDB } from '../../lambda/testing/dynamodb/memory-dynamodb';

/** A trap that the runtime closes. */
export interface Trap {
  readonly plain: () => Promise<void>;
  readonly ours: () => Promise<void>;
}

export interface Plain {
  readonly config?: ConstructorParameters<typeof IdempotencyConfig>[0];
  readonly keyPrefix?: string;
  readonly store?: DynamoDBPersistenceLayer;
  readonly fault?: Fault;
  readonly context?: boolean;
}

export const storeOf = (fault?: Fault) => new DynamoDBPersistenceLayer({ tableName: 'memory', awsSdkV3Client: new MemoryDynamoDB().client(fault) });

/** A function as Powertools' manual wraps it. */
export function idempotent<Event, Result>(
  work: (event: Event) => Promise<Result>, { config = {}, keyPrefix, fault, store = storeOf(fault), context = true }: Plain = {},
) {
  const idempotencyConfig = new IdempotencyConfig(config);
  if (context) { idempotencyConfig.registerLambdaContext({ getRemainingTimeInMillis: () => 30_000 } as never); }
  return makeIdempotent(work, { persistenceStore: store, config: idempotencyConfig, ...(keyPrefix === undefined ? {} : { keyPrefix }) });
}

/** Our consumer, after it was sent these facts. */
export async function drained(facts: readonly object[], options: ModelOptions = {}): Promise<ConsumerModel> {
  const model = new ConsumerModel(options);
  for (const fact of facts) { model.queue.send(JSON.stringify(fact)); }
  await model.drain();
  return model;
}

/** Our consumer with one order, whose handler has a step. */
export async function stepped(process: (order: Order, processing: Processing) => Promise<void>): Promise<MadeModel> {
  const model = new MadeModel((collaborators) => queueConsumer({ on: orderPlaced, process }, collaborators));
  model.place('a');
  await model.drain();
  return model;
}

/** Shows each trap open in plain Powertools, and closed in ours. Were one to be closed in Powertools, its test would fail, and ours could be simpler. */
export function showTraps(traps: Readonly<Record<string, Trap>>): void {
  useVirtualClock();
  beforeEach(() => { jest.spyOn(console, 'warn').mockImplementation(() => {}); });
  afterEach(() => { jest.restoreAllMocks(); });

  describe.each(Object.entries(traps))('%s', (_trap, { plain, ours }) => {
    test('in Powertools alone', plain);
    test('not in ours', ours);
  });
}
