import {
  type DeleteItemCommandInput, DynamoDBClient, type PutItemCommandInput, type ReturnValue, type TransactWriteItemsCommandInput, type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, type NativeAttributeValue, unmarshall } from '@aws-sdk/util-dynamodb';
import { acceptedItem, copy, equalItems, type Item } from './attribute-value';
import { batchGetItem, getItem, query, scan, transactGetItems } from './read';
import { conditionalCheckFailed, invalid } from './refusals';
import type { KeyAttributes } from './table';
import { Tables } from './tables';
import { stepsOf, writesOf } from './transaction';
import { TransactionTokens } from './transaction-tokens';
import { type Action, type Step, Write } from './write';

/** A committed change of one item, as a stream of the table would tell it. `unmarshall` of `@aws-sdk/util-dynamodb` makes plain values of it. */
export interface MemoryDynamoDBChange {
  readonly table: string;
  readonly keys: Item;
  /** Absent when the item is new. */
  readonly oldImage?: Item;
  /** Absent when the item is deleted. */
  readonly newImage?: Item;
}

/**
 * What happens around a request, for tests of what goes wrong: nothing when it returns; an error before the request when it throws before, and an
 * answer that is lost when it throws after; a request that never ends when it never settles.
 */
export type MemoryDynamoDBHook = (call: string, moment: 'after' | 'before') => Promise<void> | void;


/**
 * DynamoDB in memory, for unit tests: it evaluates the expressions of requests, and refuses what DynamoDB refuses.
 *
 * It answers at once and starts no timers; the clock is asked only for how long a `ClientRequestToken` is remembered. It has no indexes, no
 * capacity, no PartiQL and no parallel scans; time to live deletes nothing; a read is always consistent. What it does not know, it refuses.
 */
export class MemoryDynamoDB {
  /** What was committed since the beginning, in order. What `put` has placed is not in it, nor a write that has changed nothing. */
  readonly changes: MemoryDynamoDBChange[] = [];

  private readonly tables = new Tables();
  private readonly tokens = new TransactionTokens();
  private readonly listeners = new Set<(change: MemoryDynamoDBChange) => void>();

  /**
   * Declares the key of a table. Without it, a table begins with the first request, and its key is what that request gives as `Key`, the partition
   * key first; when the first request puts an item, it is `id`.
   */
  table(name: string, key: KeyAttributes): this {
    this.tables.declare(name, key);
    return this;
  }

  /** A client whose requests come here: for the code under test. */
  client(hook: MemoryDynamoDBHook = () => {}): DynamoDBClient {
    const send = async (command: { readonly input: unknown; readonly constructor: { readonly name: string } }) => {
      const call = command.constructor.name.replace(/Command$/, '');
      await hook(call, 'before');
      const answer = this.answer(call, command.input);
      await hook(call, 'after');
      return { $metadata: { httpStatusCode: 200, attempts: 1, totalRetryDelay: 0 }, ...answer };
    };
    return Object.assign(new DynamoDBClient({ region: 'us-east-1', credentials: nobody, requestHandler: { handle: refuseDetour } }), { send });
  }

  /** The items of a table as plain values, in the order in which they came; none for a table that nobody has used. */
  items(table: string): Record<string, NativeAttributeValue>[] {
    return (this.tables.find(table)?.all() ?? []).map((item) => unmarshall(copy(item)));
  }

  /** Places items, given as plain values, as the state in which a test begins. */
  put(table: string, ...items: readonly Record<string, NativeAttributeValue>[]): this {
    for (const item of items) {
      const write = new Write({ kind: 'Put', request: { TableName: table, Item: marshall(item, { removeUndefinedValues: true }) } }, this.tables);
      write.refuseMisfit();
      store(write.step());
    }
    return this;
  }

  /** Tells of every change once it is committed, those of a transaction when all are. The function that is given back ends it. */
  onChange(listener: (change: MemoryDynamoDBChange) => void): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }

  private answer(call: string, input: unknown): object {
    switch (call) {
      case 'GetItem': return getItem(input as Parameters<typeof getItem>[0], this.tables);
      case 'BatchGetItem': return batchGetItem(input as Parameters<typeof batchGetItem>[0], this.tables);
      case 'TransactGetItems': return transactGetItems(input as Parameters<typeof transactGetItems>[0], this.tables);
      case 'Query': return query(input as Parameters<typeof query>[0], this.tables);
      case 'Scan': return scan(input as Parameters<typeof scan>[0], this.tables);
      case 'PutItem': return this.write({ kind: 'Put', request: input as PutItemCommandInput }, ['ALL_OLD', 'NONE']);
      case 'DeleteItem': return this.write({ kind: 'Delete', request: input as DeleteItemCommandInput }, ['ALL_OLD', 'NONE']);
      case 'UpdateItem': {
        return this.write({ kind: 'Update', request: input as UpdateItemCommandInput }, ['ALL_NEW', 'ALL_OLD', 'UPDATED_NEW', 'UPDATED_OLD', 'NONE']);
      }
      case 'TransactWriteItems': return this.transact(input as TransactWriteItemsCommandInput);
      default: throw new Error(`MemoryDynamoDB does not know ${call}.`);
    }
  }

  private write(action: Action, allowed: readonly ReturnValue[]): { Attributes?: Item } {
    const { ReturnValues: wanted = 'NONE', ReturnValuesOnConditionCheckFailure: wantedOnFailure } = action.request as PutItemCommandInput;
    if (!allowed.includes(wanted)) { throw invalid(`ReturnValues can only be ${allowed.join(' or ')}`); }
    const write = new Write(action, this.tables);
    write.refuseMisfit();
    if (!write.conditionIsMet) { throw conditionalCheckFailed(wantedOnFailure === 'ALL_OLD' && write.before ? copy(write.before) : undefined); }
    const step = write.step();
    this.commit([step]);
    const attributes = write.attributes(step, wanted);
    return attributes ? { Attributes: copy(attributes) } : {};
  }

  private transact(input: TransactWriteItemsCommandInput): object {
    const { ClientRequestToken: token, TransactItems: request } = input;
    const writes = writesOf(input, this.tables);
    if (this.tokens.knows(token, request)) { return {}; }
    const steps = stepsOf(writes);
    this.tokens.remember(token, request);
    this.commit(steps);
    return {};
  }

  private commit(steps: readonly Step[]): void {
    const changes = steps.filter(isChange).map(({ table, key, before, after }): MemoryDynamoDBChange => ({
      table: table.name,
      keys: copy(key),
      ...(before ? { oldImage: copy(before) } : {}),
      ...(after ? { newImage: copy(after) } : {}),
    }));
    steps.forEach(store);
    this.changes.push(...changes);
    for (const change of changes) {
      for (const listener of [...this.listeners]) { listener(change); }
    }
  }
}

const nobody = { accessKeyId: 'memory', secretAccessKey: 'memory' };

/** What wraps a client may send without its `send`, as the document client does: that must not reach a network. */
async function refuseDetour(): Promise<never> {
  throw new Error('MemoryDynamoDB answers the requests that are sent with DynamoDBClient.send; a DynamoDBDocumentClient goes another way.');
}

function store({ table, key, after }: Step): void {
  table.learnTypes(key);
  table.set(key, after && acceptedItem(after));
}

function isChange({ before, after }: Step): boolean {
  return before && after ? !equalItems(before, after) : before !== after;
}
