import { TransactGetItemsCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { Given, invalid, number, text } from './given';

const put = (id: string, more: object = {}): TransactWriteItem => ({ Put: { TableName: 'things', Item: { id: text(id) }, ...more } });
const remove = (id: string): TransactWriteItem => ({ Delete: { TableName: 'things', Key: { id: text(id) } } });
const check = (id: string, ConditionExpression: string, more: object = {}): TransactWriteItem =>
  ({ ConditionCheck: { TableName: 'things', Key: { id: text(id) }, ConditionExpression, ...more } });
const update = (id: string, UpdateExpression: string, n?: string): TransactWriteItem => ({
  Update: { TableName: 'things', Key: { id: text(id) }, UpdateExpression, ...(n === undefined ? {} : { ExpressionAttributeValues: { ':n': number(n) } }) },
});

beforeEach(() => { jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }); });
afterEach(() => { jest.useRealTimers(); });

test('commits all of its actions', async () => {
  const given = new Given({ id: 'one', n: 1 }, { id: 'two' }, { id: 'three' });

  await given.transact([update('one', 'ADD n :n', '5'), remove('two'), put('four'), check('three', 'attribute_exists(id)')]);

  expect(given.items).toEqual([{ id: 'one', n: 6 }, { id: 'three' }, { id: 'four' }]);
});

test('commits none of them when one condition is not met, and says which', async () => {
  const given = new Given({ id: 'one', n: 1 });

  const outcome = given.transact([
    put('two'), check('one', 'n = id', { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }), check('six', 'attribute_exists(id)', { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
  ]);

  await expect(outcome).rejects.toMatchObject({
    name: 'TransactionCanceledException',
    message: 'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed]',
    CancellationReasons: [
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', Item: { id: text('one'), n: number('1') } },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
    ],
  });
  expect(given.items).toEqual([{ id: 'one', n: 1 }]);
});

test.each([
  ['a type that does not fit', update('one', 'ADD id2 :n', '1'), 'An operand in the update expression has an incorrect data type'],
  ['a path that leads nowhere', update('one', 'SET q.r = :n', '1'), 'The document path provided in the update expression is invalid for update'],
  ['an attribute that is not there', update('one', 'SET q = r'), 'The provided expression refers to an attribute that does not exist in the item'],
  ['another key', { Delete: { TableName: 'things', Key: { other: text('x') } } }, 'The provided key element does not match the schema'],
  ['no key', { Put: { TableName: 'things', Item: { other: text('x') } } }, 'One or more parameter values were invalid: Missing the key id in the item'],
])('is canceled by %s', async (_what, action, message) => {
  const given = new Given({ id: 'one', id2: 'x' });

  await expect(given.transact([put('two'), action])).rejects.toMatchObject({
    name: 'TransactionCanceledException', CancellationReasons: [{ Code: 'None' }, { Code: 'ValidationError', Message: message }],
  });
  expect(given.items).toHaveLength(1);
});

test.each<[string, TransactWriteItem[], string | RegExp]>([
  ['no action', [], /Member must have length greater than or equal to 1/],
  ['101 actions', Array.from({ length: 101 }, (_, index) => put(`${index}`)), /Member must have length less than or equal to 100/],
  ['an action of no kind', [{}], 'Invalid Request: TransactWriteRequest should contain Delete or Put or Update request'],
  ['an action of two kinds', [{ ...put('two'), ...remove('three') }], 'TransactItems can only contain one of Check, Put, Update or Delete'],
  ['two actions on one item', [check('two', 'attribute_exists(id)'), put('two')], 'Transaction request cannot include multiple operations on one item'],
  ['a mistake in an expression', [put('two'), update('one', 'SET x')], /^Invalid UpdateExpression: Syntax error/],
  ['an update of nothing', [{ Update: { TableName: 'things', Key: { id: text('one') }, UpdateExpression: undefined } }], /update.updateExpression' failed to satisfy/],
  ['more than 4 MB', Array.from({ length: 11 }, (_, index) => put(`${index}`, { Item: { id: text(`${index}`), x: text('x'.repeat(400_000)) } })),
    'Transaction payload size cannot exceed 4MB. Payload Size: 4400045'],
])('refuses %s', async (_what, actions, message) => {
  const given = new Given({ id: 'one' });

  await expect(given.transact(actions)).rejects.toEqual(invalid(message));

  expect(given.items).toEqual([{ id: 'one' }]);
});

test('has no effect the second time under the same token, for ten minutes', async () => {
  const given = new Given({ id: 'one', n: 0 });
  const once = async () => given.transact([update('one', 'ADD n :n', '1')], 'token');
  await once();

  jest.advanceTimersByTime(599_999);
  await once();
  expect(given.items).toEqual([{ id: 'one', n: 1 }]);
  jest.advanceTimersByTime(1);
  await once();

  expect(given.items).toEqual([{ id: 'one', n: 2 }]);
});

test('refuses the token of another request', async () => {
  const given = new Given({ id: 'one', n: 0 });
  await given.transact([update('one', 'ADD n :n', '1')], 'token');

  await expect(given.transact([update('one', 'ADD n :n', '2')], 'token')).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' });
  await expect(given.transact([update('one', 'ADD n :n', '2')], 't'.repeat(37))).rejects.toEqual(invalid(/less than or equal to 36/));
});

test('forgets the token of a transaction that was canceled', async () => {
  const given = new Given();
  await expect(given.transact([check('one', 'attribute_exists(id)')], 'token')).rejects.toMatchObject({ name: 'TransactionCanceledException' });

  await given.transact([put('one')], 'token');

  expect(given.items).toEqual([{ id: 'one' }]);
});

test('reads many items at once, in the order of the request', async () => {
  const { client } = new Given({ id: 'one', a: 1 }, { id: 'two', a: 2 });
  const gets = (keys: string[]) => ({ TransactItems: keys.map((id) => ({ Get: { TableName: 'things', Key: { id: text(id) }, ProjectionExpression: 'a' } })) });

  expect((await client.send(new TransactGetItemsCommand(gets(['two', 'six', 'one'])))).Responses).toEqual([{ Item: { a: number('2') } }, {}, { Item: { a: number('1') } }]);
  await expect(client.send(new TransactGetItemsCommand(gets(['one', 'one'])))).rejects.toEqual(invalid('Transaction request cannot include multiple operations on one item'));
  await expect(client.send(new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName: 'things', Key: { id: number('1') } } }] })))
    .rejects.toMatchObject({ CancellationReasons: [{ Code: 'ValidationError' }] });
});
