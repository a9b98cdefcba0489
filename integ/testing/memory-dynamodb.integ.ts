import { randomUUID } from 'crypto';
import { isDeepStrictEqual } from 'util';
import {
  BatchGetItemCommand, CreateTableCommand, DeleteItemCommand, DeleteTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand, ScanCommand,
  TransactGetItemsCommand, TransactWriteItemsCommand, UpdateItemCommand, waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { type GeneratedRequest, storms } from './dynamodb-requests';
import { MemoryDynamoDB } from '../../lambda/testing/dynamodb/memory-dynamodb';

// the same requests on every machine; MEMORY_DYNAMODB_SEED and MEMORY_DYNAMODB_RUNS make others. A failure prints the seed and path that replay it.
const parameters = {
  seed: Number(process.env.MEMORY_DYNAMODB_SEED ?? 20_260_105),
  numRuns: Number(process.env.MEMORY_DYNAMODB_RUNS ?? 160),
  ...(process.env.MEMORY_DYNAMODB_PATH === undefined ? {} : { path: process.env.MEMORY_DYNAMODB_PATH }),
};
const mostInRun = 15;

const commands = {
  BatchGetItem: BatchGetItemCommand, DeleteItem: DeleteItemCommand, GetItem: GetItemCommand, PutItem: PutItemCommand, Query: QueryCommand, Scan: ScanCommand,
  TransactGetItems: TransactGetItemsCommand, TransactWriteItems: TransactWriteItemsCommand, UpdateItem: UpdateItemCommand,
} as const;

interface Answer {
  readonly error?: string;
  /** Also those of the reasons; messages are looked at, not compared. */
  readonly message: string;
  readonly reasons?: readonly (string | undefined)[];
  readonly output?: unknown;
}

interface Refusal extends Error {
  readonly Item?: unknown;
  readonly CancellationReasons?: readonly Readonly<Record<string, unknown>>[];
}

/** Where DynamoDB Local differs from the service as it is documented: there we follow the documentation, and do not compare the answers. */
const differences: readonly { readonly reason: string; readonly explains: (request: GeneratedRequest, expected: Answer, actual: Answer) => boolean }[] = [
  {
    reason: 'a write of a transaction that does not fit its item is a CancellationReason with the code ValidationError, says the reference of '
      + 'TransactWriteItems; Local refuses the whole request, or at the first misfit of a key says nothing of the other actions',
    explains: (_request, expected, actual) => actual.reasons?.includes('ValidationError') === true
      && (expected.error === 'ValidationException' || expected.reasons?.includes('ValidationError') === true),
  },
  {
    reason: 'no documentation says which of two mistakes is named first: an expression, or the token of another request; an expression, or a key to get',
    explains: ({ call }, expected, actual) => actual.error === 'ValidationException' && (expected.error === 'IdempotentParameterMismatchException'
      || call === 'TransactGetItems' && expected.error === 'TransactionCanceledException'),
  },
  {
    reason: 'a canceled transaction has a reason for each of its actions, says its reference; Local gives none when it refuses a key of TransactGetItems',
    explains: ({ call }, expected, actual) => call === 'TransactGetItems' && actual.reasons !== undefined && actual.error === expected.error && !expected.reasons,
  },
  {
    reason: 'UPDATED_OLD and UPDATED_NEW return only the updated attributes, also inside of a map; Local returns all of the outermost one',
    explains: ({ input: { ReturnValues, UpdateExpression } }, expected, actual) =>
      String(ReturnValues).startsWith('UPDATED') && /[.[]/.test(String(UpdateExpression)) && !expected.error && !actual.error,
  },
  {
    reason: 'a page that reaches its limit has a LastEvaluatedKey, says the reference of Query; Local has none when nothing in the range of keys can follow',
    explains: ({ input: { Limit } }, { output: expected }, { output: actual }) => {
      const { LastEvaluatedKey: key, ...rest } = (actual ?? {}) as Record<string, unknown>;
      return key !== undefined && rest.ScannedCount === Limit && isDeepStrictEqual(rest, expected);
    },
  },
  {
    reason: 'whether an update wants to change the key shows in the request; Local looks at the condition first',
    explains: (_request, expected, actual) => actual.message.includes('part of the key') && expected.message.includes('The conditional request failed'),
  },
  {
    reason: 'two actions on one item make a transaction invalid, says its reference; Local looks at the conditions first',
    explains: (_request, expected, actual) => actual.message.includes('multiple operations on one item') && expected.error === 'TransactionCanceledException',
  },
];

const local = new DynamoDBClient();
const [table, sorted] = ['', '-sorted'].map((kind) => `memory-dynamodb-${randomUUID()}${kind}`) as [string, string];

beforeAll(async () => {
  const partition = { AttributeName: 'id', KeyType: 'HASH' as const };
  const sort = { AttributeName: 'sk', KeyType: 'RANGE' as const };
  const id = { AttributeName: 'id', AttributeType: 'S' as const };
  const sk = { AttributeName: 'sk', AttributeType: 'N' as const };
  for (const [TableName, KeySchema, AttributeDefinitions] of [[table, [partition], [id]], [sorted, [partition, sort], [id, sk]]] as const) {
    await local.send(new CreateTableCommand({ TableName, KeySchema: [...KeySchema], AttributeDefinitions: [...AttributeDefinitions], BillingMode: 'PAY_PER_REQUEST' }));
    await waitUntilTableExists({ client: local, maxWaitTime: 60, minDelay: 1 }, { TableName });
  }
});

afterAll(async () => {
  for (const TableName of [table, sorted]) { await local.send(new DeleteTableCommand({ TableName })); }
  local.destroy();
});

test('answers as DynamoDB Local does, and keeps the same items', async () => {
  const seen = new Map<string, number>();
  let run = 0;

  await fc.assert(fc.asyncProperty(storms(table, sorted, '~', mostInRun), async (generated) => {
    // each run has keys and tokens of its own, so nothing has to be cleared
    const prefix = `${table.slice(-8)}-${run++}-`;
    const memory = memoryOf().client();
    for (const request of generated.map((one) => withPrefix(one, prefix))) {
      const [expected, actual] = [await answerOf(local, request), await answerOf(memory, request)];
      count(seen, `${request.call} ${expected.error ?? 'succeeded'}`);
      if (differences.some(({ explains }) => explains(request, expected, actual))) { continue; }
      expect({ request, answer: { ...actual, message: undefined } }).toEqual({ request, answer: { ...expected, message: undefined } });
    }
    for (const request of stateOf(prefix)) { expect(await answerOf(memory, request)).toEqual(await answerOf(local, request)); }
  }), parameters);

  if (process.env.MEMORY_DYNAMODB_STATISTICS) { console.log(Object.fromEntries([...seen].sort())); }
  expect(run).toBeGreaterThanOrEqual(parameters.numRuns);
  // of every request there were some that succeeded, and some that were refused
  for (const name of Object.keys(commands)) { expect(seen.get(`${name} succeeded`) ?? 0).toBeGreaterThan(0); }
  for (const name of ['PutItem', 'UpdateItem', 'DeleteItem']) { expect(seen.get(`${name} ConditionalCheckFailedException`) ?? 0).toBeGreaterThan(0); }
});

function memoryOf(): MemoryDynamoDB {
  return new MemoryDynamoDB().table(table, { partitionKey: 'id' }).table(sorted, { partitionKey: 'id', sortKey: 'sk' })
    // the types of the key attributes, which the other side was told when its tables were created
    .put(table, { id: 'none' }).put(sorted, { id: 'none', sk: 0 });
}

function stateOf(prefix: string): GeneratedRequest[] {
  const names = ['a', 'b', 'c'].map((name) => `${prefix}${name}`);
  const get: GeneratedRequest = { call: 'BatchGetItem', input: { RequestItems: { [table]: { Keys: names.map((S) => ({ id: { S } })), ConsistentRead: true } } } };
  return [get, ...names.map((S): GeneratedRequest => ({
    call: 'Query', input: { TableName: sorted, KeyConditionExpression: 'id = :id', ExpressionAttributeValues: { ':id': { S } }, ConsistentRead: true },
  }))];
}

async function answerOf(client: DynamoDBClient, { call, input }: GeneratedRequest): Promise<Answer> {
  try {
    const { $metadata, ConsumedCapacity, ...output } = await send(client, { call, input });
    return { output: unordered(call, output), message: '' };
  } catch (error) {
    const { name, message, Item, CancellationReasons: reasons } = error as Refusal;
    return {
      error: name,
      message: [message, ...(reasons ?? []).map(({ Message }) => String(Message))].join('; '),
      ...(reasons ? { reasons: reasons.map(({ Code }) => String(Code)), output: reasons.map((reason) => sortedSets(reason.Item)) } : {}),
      ...(Item ? { output: sortedSets(Item) } : {}),
    };
  }
}

async function send(client: DynamoDBClient, { call, input }: GeneratedRequest): Promise<Record<string, unknown>> {
  const Command = commands[call] as unknown as new (input: unknown) => GetItemCommand;
  return await client.send(new Command(input)) as unknown as Record<string, unknown>;
}

/** What has no order gets one: sets, the items of a scan or a batch. How much a scan has looked at depends on what else is in the table. */
function unordered(call: string, output: Record<string, unknown>): unknown {
  const plain = sortedSets(output) as Record<string, unknown>;
  if (call === 'Scan') { return byText(plain.Items as unknown[]); }
  if (call === 'BatchGetItem') { return byText(Object.values(plain.Responses as Record<string, unknown[]>).flat()); }
  return plain;
}

function sortedSets(value: unknown): unknown {
  if (Array.isArray(value)) { return value.map(sortedSets); }
  if (value === null || typeof value !== 'object') { return value; }
  if (ArrayBuffer.isView(value)) { return Buffer.from(value as Uint8Array).toString('base64'); }
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([name, part]) => {
    if (name === 'N') { return [name, trimmed(part as string)]; }
    return [name, ['SS', 'NS', 'BS'].includes(name) ? byText(sortedSets(part) as unknown[]) : sortedSets(part)];
  }));
}

/** Zeros at the end of a fraction are trimmed, says the developer guide; Local keeps those of a sum. */
function trimmed(number: string): string {
  return number.includes('.') ? number.replace(/\.?0+$/, '') : number;
}

const byText = (values: readonly unknown[]) => [...values].sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

function withPrefix(request: GeneratedRequest, prefix: string): GeneratedRequest {
  const replaced = (value: unknown): unknown => {
    if (typeof value === 'string') { return value.replace(/^~/, prefix); }
    if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) { return value; }
    return Array.isArray(value) ? value.map(replaced) : Object.fromEntries(Object.entries(value).map(([name, part]) => [name, replaced(part)]));
  };
  return { call: request.call, input: replaced(request.input) as Record<string, unknown> };
}

function count(seen: Map<string, number>, what: string): void {
  seen.set(what, (seen.get(what) ?? 0) + 1);
}
