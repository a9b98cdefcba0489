import { BatchGetItemCommand, DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { Given, invalid, number, text } from './given';

const events = [3, 1, 20, 2].map((at) => ({ id: 'a', at, kind: at > 2 ? 'late' : 'early' }));

function given(): Given {
  const one = new Given();
  one.database.table('events', { partitionKey: 'id', sortKey: 'at' }).put('events', ...events, { id: 'b', at: 5 });
  return one;
}

const places = (items: readonly Record<string, unknown>[]) => items.map(({ at }) => at);

test.each([
  ['id = :id', {}, [1, 2, 3, 20]],
  [':id = id', {}, [1, 2, 3, 20]],
  ['id = :id AND at = :v', { ':v': 2 }, [2]],
  ['id = :id AND at < :v', { ':v': 3 }, [1, 2]],
  ['id = :id AND at >= :v', { ':v': 3 }, [3, 20]],
  ['at BETWEEN :v AND :w AND id = :id', { ':v': 2, ':w': 3 }, [2, 3]],
  ['(id = :id) AND (:v < at)', { ':v': 3 }, [20]],
])('%s with %j', async (expression, values, found) => {
  const names = expression.replace(/\bat\b/g, '#at');

  const { items, Count, ScannedCount } = await given().query(names, { ':id': 'a', ...values }, names.includes('#at') ? { ExpressionAttributeNames: { '#at': 'at' } } : {});

  expect(places(items)).toEqual(found);
  expect([Count, ScannedCount]).toEqual([found.length, found.length]);
});

test('finds by the beginning of a sort key', async () => {
  const one = new Given();
  one.database.table('events', { partitionKey: 'id', sortKey: 'sk' }).put('events', ...['order#2', 'order#1', 'item#1'].map((sk) => ({ id: 'a', sk })));

  const { items } = await one.query('id = :id AND begins_with(sk, :start)', { ':id': 'a', ':start': 'order#' });

  expect(items.map(({ sk }) => sk)).toEqual(['order#1', 'order#2']);
});

test('goes backwards, and page by page, also when the last item of a page is gone', async () => {
  const one = given();
  const more = { ScanIndexForward: false, Limit: 2 };

  const first = await one.query('id = :id', { ':id': 'a' }, more);
  await one.client.send(new DeleteItemCommand({ TableName: 'events', Key: first.LastEvaluatedKey }));
  const second = await one.query('id = :id', { ':id': 'a' }, { ...more, ExclusiveStartKey: first.LastEvaluatedKey });
  const between = await one.query('id = :id', { ':id': 'a' }, { ...more, ExclusiveStartKey: { id: text('a'), at: number('2.5') } });
  const third = await one.query('id = :id', { ':id': 'a' }, { ...more, ExclusiveStartKey: second.LastEvaluatedKey });

  expect([first, second, between, third].map(({ items }) => places(items))).toEqual([[20, 3], [2, 1], [2, 1], []]);
  expect([first, second, between, third].map(({ LastEvaluatedKey: key }) => key?.at?.N)).toEqual(['3', '1', '1', undefined]);
});

test('filters what it has looked at, after the limit', async () => {
  const values = { ':id': 'a', ':kind': 'late' };

  const { items, Count, ScannedCount, LastEvaluatedKey } = await given().query('id = :id', values, { FilterExpression: 'kind = :kind', Limit: 3 });

  expect(places(items)).toEqual([3]);
  expect({ Count, ScannedCount, LastEvaluatedKey }).toEqual({ Count: 1, ScannedCount: 3, LastEvaluatedKey: { id: text('a'), at: number('3') } });
});

test('projects, or only counts', async () => {
  expect((await given().query('id = :id', { ':id': 'b' }, { ProjectionExpression: '#at', ExpressionAttributeNames: { '#at': 'at' } })).items).toEqual([{ at: 5 }]);
  expect(await given().query('id = :id', { ':id': 'a' }, { Select: 'COUNT' })).toMatchObject({ items: [], Count: 4 });
});

test('ends a page after a megabyte', async () => {
  const one = new Given();
  one.database.table('events', { partitionKey: 'id', sortKey: 'n' }).put('events', ...[1, 2, 3, 4].map((n) => ({ id: 'a', n, x: 'x'.repeat(400_000) })));

  const { items, LastEvaluatedKey } = await one.query('id = :id', { ':id': 'a' });

  expect(items).toHaveLength(3);
  expect(LastEvaluatedKey).toEqual({ id: text('a'), n: number('3') });
});

test.each([
  ['id > :id', {}, 'Query key condition not supported'],
  ['kind = :id', {}, 'Query condition missed key schema element: id'],
  ['id = :id AND kind = :v', { ':v': 'late' }, 'Query condition missed key schema element: at'],
  ['id = :id OR id = :v', { ':v': 'b' }, 'Invalid operator used in KeyConditionExpression: OR'],
  ['id = :id AND kind <> :v', { ':v': 'b' }, 'Invalid operator used in KeyConditionExpression: <>'],
  ['id = :id AND contains(kind, :v)', { ':v': 'b' }, 'Invalid operator used in KeyConditionExpression: contains'],
  ['id = :id AND id = :v', { ':v': 'b' }, 'KeyConditionExpressions must only contain one condition per key'],
  ['id = kind AND id = :id', {}, 'Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition'],
  ['id.x = :id', {}, 'Key attributes must be scalars; list random access \'[]\' and map lookup \'.\' are not allowed: Key: id'],
  ['id = :id AND size(kind) = :v', { ':v': 1 }, 'KeyConditionExpressions cannot contain nested operations'],
  ['id = :id', { ':id': 1 }, /Condition parameter type does not match schema type/],
  ['id = :id', { ':id': '' }, /cannot contain an empty string value. Key: id/],
])('refuses the key condition %s with %j', async (expression, values, message) => {
  await expect(given().query(expression, { ':id': 'a', ...values })).rejects.toEqual(invalid(message));
});

test.each([
  ['a filter on a key', { FilterExpression: 'id = :id' }, 'Filter Expression can only contain non-primary key attributes: Primary key attribute: id'],
  ['no limit', { Limit: 0 }, /Member must have value greater than or equal to 1/],
  ['a start in another partition', { ExclusiveStartKey: { id: text('b'), at: number('1') } },
    'The provided starting key is outside query boundaries based on provided conditions'],
  ['half a key to start from', { ExclusiveStartKey: { id: text('a') } }, 'The provided starting key is invalid: The provided key element does not match the schema'],
])('refuses a query with %s', async (_what, more, message) => {
  await expect(given().query('id = :id', { ':id': 'a' }, more)).rejects.toEqual(invalid(message));
});

test('says what it does not know', async () => {
  await expect(given().query('id = :id', { ':id': 'a' }, { IndexName: 'byKind' })).rejects.toThrow('MemoryDynamoDB does not know IndexName: it reads expressions, and has no indexes.');
});

test('scans a table, page by page, with a filter on any attribute', async () => {
  const { client } = given();
  const request = { TableName: 'events', FilterExpression: '#at > :v', ExpressionAttributeNames: { '#at': 'at' }, ExpressionAttributeValues: { ':v': number('2') } };

  const first = await client.send(new ScanCommand({ ...request, Limit: 3 }));
  const second = await client.send(new ScanCommand({ ...request, Limit: 3, ExclusiveStartKey: first.LastEvaluatedKey }));

  expect([first, second].map(({ Items }) => Items!.map(({ id, at }) => `${id!.S}${at!.N}`))).toEqual([['a3'], ['a20', 'b5']]);
  expect([first.ScannedCount, second.ScannedCount, second.LastEvaluatedKey]).toEqual([3, 2, undefined]);
  expect(await client.send(new ScanCommand({ TableName: 'unused' }))).toMatchObject({ Items: [], Count: 0 });
});

test('gets up to 100 items in a batch, of several tables', async () => {
  const one = given();
  one.database.put('things', { id: 'x', n: 1 });
  const batch = async (Keys: string[]) => one.client.send(new BatchGetItemCommand({
    RequestItems: { things: { Keys: Keys.map((id) => ({ id: text(id) })) }, events: { Keys: [{ id: text('b'), at: number('5') }], ProjectionExpression: 'id' } },
  }));

  expect(await batch(['x', 'y'])).toMatchObject({ Responses: { things: [{ id: text('x'), n: number('1') }], events: [{ id: text('b') }] }, UnprocessedKeys: {} });
  await expect(batch(['x', 'x'])).rejects.toEqual(invalid('Provided list of item keys contains duplicates'));
  await expect(batch([])).rejects.toEqual(invalid('The list of keys in RequestItems for BatchGetItem is required: things has empty list'));
  await expect(batch(Array.from({ length: 100 }, (_, index) => `${index}`))).rejects.toEqual(invalid('Too many items requested for the BatchGetItem call'));
});
