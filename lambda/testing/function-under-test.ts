import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CollectedLog, type LogLine } from './collected-log';
import type { MemoryDynamoDB } from './dynamodb/memory-dynamodb';
import { Execution } from './execution';
import type { PlannedFaults } from './faults';
import type { MemorySqs } from './memory-sqs';
import type { Invocation } from './source';
import { within } from './surroundings';
import { type Watch, watchCommit, WatchedStore } from './watched-store';
import type { HandlerContext } from '../consumers/handler';
import type { Collaborators } from '../consumers/options';
import type { ConsumerEnvironment } from '../environment';
import type { Counted } from '../metrics';

/** A handler, whatever its source. */
export type AnyHandler = (event: unknown, context: HandlerContext) => Promise<unknown>;

/** What the function and its test have in common. */
export interface FunctionParts {
  readonly remake: (collaborators: Collaborators) => AnyHandler;
  readonly environment: ConsumerEnvironment;
  readonly database: MemoryDynamoDB;
  readonly sqs: MemorySqs;
  readonly timeoutMillis: number;
  readonly now: () => number;
  readonly random: () => number;
  readonly log: LogLine[];
  readonly counts: Map<Counted, number>;
}

/** The function whose handler is tested. Each invocation has an execution environment of its own. */
export class FunctionUnderTest {
  private readonly client: DynamoDBClient;

  constructor(private readonly parts: FunctionParts) {
    this.client = parts.database.client();
    this.handler(new Execution(() => false), async () => {}, []); // fails now if its options contradict each other
  }

  /** Invokes the function, with faults planned for it. */
  async invoke(event: unknown, faults: PlannedFaults, requestId: string = randomUUID()): Promise<Invocation> {
    const { timeoutMillis, now, random } = this.parts;
    const end = now() + timeoutMillis;
    const execution = new Execution(() => now() >= end);
    const log: LogLine[] = [];
    return within({ now, random, onTimer: execution.onTimer }, async () => {
      const watch: Watch = async (moment, when) => faults.strike(moment, when, execution);
      const handler = this.handler(execution, watch, log);
      const ending = async (): Promise<Invocation> => {
        const answer = await handler(event, { awsRequestId: requestId, getRemainingTimeInMillis: () => end - now() });
        await watch('answer', 'before');
        await watch('answer', 'after');
        return { kind: 'answered', answer, log };
      };
      const ended = await execution.live(ending().catch((error: unknown): Invocation => ({ kind: 'failed', error, log })));
      return ended === 'died' ? { kind: 'died', log } : ended;
    });
  }

  private handler(execution: Execution, watch: Watch, log: LogLine[]): AnyHandler {
    const { remake, environment, sqs } = this.parts;
    const mortal = this.clientWith(async (work) => {
      await execution.goOn();
      const answer = await work();
      await execution.goOn();
      return answer;
    });
    const letters = async (call: string, work: () => unknown) => {
      if (call !== 'SendMessage') {
        await execution.goOn();
        return work();
      }
      await watch('letter', 'before');
      const answer = work();
      await watch('letter', 'after');
      return answer;
    };
    const collaborators: Collaborators = {
      environment,
      store: new WatchedStore(mortal, environment.idempotency.table, environment.id, watch),
      // beside the store, this client is used for one thing: to write an entity with its memory inside
      dynamodb: this.clientWith(async (work) => watchCommit(watch, work)),
      sqs: sqs.client(letters),
      log: new CollectedLog({ serviceName: environment.id }, (line) => { log.push(line); this.parts.log.push(line); }),
      metrics: this.metrics(),
    };
    return remake(collaborators);
  }

  /** What was counted and not told before the function died, nobody has heard of. */
  private metrics(): NonNullable<Collaborators['metrics']> {
    const { counts } = this.parts;
    const untold: [Counted, number][] = [];
    return {
      count: (name, n = 1) => { if (n > 0) { untold.push([name, n]); } },
      measure: () => {},
      flush: () => { for (const [name, n] of untold.splice(0)) { counts.set(name, (counts.get(name) ?? 0) + n); } },
    };
  }

  private clientWith(around: (work: () => Promise<unknown>) => Promise<unknown>): DynamoDBClient {
    const { client } = this;
    const send = async (command: never) => around(async () => client.send(command));
    return Object.assign(Object.create(client) as DynamoDBClient, { send });
  }
}
