import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { DynamoDBStore } from '../../lambda/store/dynamodb-store';
import type { ClaimAnswer, ClaimRequest, Completion, OrderStore, Remembered, Write } from '../../lambda/store/idempotency-store';
import { MemoryDynamoDB } from '../../lambda/testing/dynamodb/memory-dynamodb';

/**
 * What happens around a call to a service: nothing when it returns; an error when it throws (after the call: its answer is lost);
 * a function that dies when it never settles.
 */
export type Fault = (call: string, moment: 'before' | 'after') => Promise<void> | void;

type RecordItem = Readonly<Record<string, unknown>>;

const memory = 'memory';

/** What the functions share: the records, and what their handlers have written. */
export class MemoryTable {
  private readonly inner: DynamoDBClient;
  readonly db = new MemoryDynamoDB().table('orders', { partitionKey: 'orderId' });
  /** Every write of a handler that was committed, in order. */
  readonly effects: Write[] = [];

  constructor() { this.inner = this.db.client(); }

  /** What is remembered, by key. */
  get records(): ReadonlyMap<string, RecordItem> {
    return new Map(this.db.items(memory).map((item) => [item.id as string, item]));
  }

  /** Changes a record behind everybody's back. */
  rewrite(key: string, changes: RecordItem): void {
    this.db.put(memory, { ...this.records.get(key), id: key, ...changes });
  }

  /** A client whose calls may fail. */
  client(fault: Fault = () => {}): DynamoDBClient {
    const send = async (command: { readonly input: object; readonly constructor: { readonly name: string } }) => {
      const call = command.constructor.name.replace(/Command$/, '');
      await fault(call, 'before');
      const answer: unknown = await this.inner.send(command as never);
      this.note(call, command.input);
      await fault(call, 'after');
      return answer;
    };
    return Object.assign(Object.create(this.inner) as DynamoDBClient, { send });
  }

  private note(call: string, input: object): void {
    const { TransactItems: items = [{ [call.replace('Item', '')]: input }] } = input as { readonly TransactItems?: readonly object[] };
    for (const item of items) {
      const [[kind, request]] = Object.entries(item) as [[string, { TableName?: string; Item?: object; Key?: object }]];
      if (!['Put', 'Update', 'Delete'].includes(kind) || request.TableName === memory) { continue; }
      const plain = (value?: object) => value && unmarshall(value as never);
      const { Item, Key } = request;
      this.effects.push({ [kind]: { ...request, ...(Item ? { Item: plain(Item) } : {}), ...(Key ? { Key: plain(Key) } : {}) } } as unknown as Write);
    }
  }
}

/** The real store over a table in memory, with faults around its operations. */
export class MemoryStore implements OrderStore {
  private readonly store: DynamoDBStore;

  constructor(readonly table = new MemoryTable(), private readonly fault: Fault = () => {}) {
    this.store = new DynamoDBStore(table.client(), memory);
  }

  async claim(request: ClaimRequest): Promise<ClaimAnswer> { return this.call('claim', async () => this.store.claim(request)); }
  async complete(completion: Completion): Promise<void> { return this.call('complete', async () => this.store.complete(completion)); }
  async release(key: string, owner: string, refund: boolean): Promise<void> { return this.call('release', async () => this.store.release(key, owner, refund)); }
  async forget(key: string): Promise<void> { return this.call('forget', async () => this.store.forget(key)); }
  async lookUp(keys: readonly string[]): Promise<ReadonlyMap<string, Remembered>> { return this.call('lookUp', async () => this.store.lookUp(keys)); }
  async park(key: string, delivery: string, aggregate: { readonly key: string; readonly last: string | null }): Promise<boolean> {
    return this.call('park', async () => this.store.park(key, delivery, aggregate));
  }
  async halt(key: string, expiresAt: number): Promise<void> { return this.call('halt', async () => this.store.halt(key, expiresAt)); }
  async resume(key: string): Promise<void> { return this.call('resume', async () => this.store.resume(key)); }

  private async call<T>(name: string, operation: () => Promise<T>): Promise<T> {
    await this.fault(name, 'before');
    const answer = await operation();
    await this.fault(name, 'after');
    return answer;
  }
}
