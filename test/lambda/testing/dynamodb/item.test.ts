import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { Given, invalid, number, text } from './given';

test('gives back what was put, and nothing for what was not', async () => {
  const given = new Given();

  await given.put({ id: 'one', list: [1, { deep: null }], bytes: new Uint8Array([1]), tags: new Set(['a']), flag: false });

  expect(await given.get('one')).toEqual({ id: 'one', list: [1, { deep: null }], bytes: new Uint8Array([1]), tags: new Set(['a']), flag: false });
  expect(await given.get('two')).toBeUndefined();
});

test('replaces an item, and returns the old one on demand', async () => {
  const given = new Given({ id: 'one', a: 1 });

  expect(await given.put({ id: 'one', b: 2 }, undefined, { returns: 'ALL_OLD' })).toEqual({ id: 'one', a: 1 });
  expect(given.items).toEqual([{ id: 'one', b: 2 }]);
});

test('puts and deletes under a condition only', async () => {
  const given = new Given({ id: 'one', a: 1 });

  await expect(given.put({ id: 'one' }, undefined, { condition: 'attribute_not_exists(id)' })).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  await expect(given.delete('one', { ':v': 2 }, { condition: 'a = :v', old: true })).rejects.toMatchObject({ Item: { id: text('one'), a: number('1') } });
  expect(given.items).toEqual([{ id: 'one', a: 1 }]);

  expect(await given.delete('one', { ':v': 1 }, { condition: 'a = :v', returns: 'ALL_OLD' })).toEqual({ id: 'one', a: 1 });
  expect(await given.delete('one', undefined, { returns: 'ALL_OLD' })).toBeUndefined();
  expect(given.items).toEqual([]);
});

test('shares nothing with who puts or gets', async () => {
  const given = new Given();
  const bytes = new Uint8Array([1]);
  const Item: Record<string, AttributeValue> = { id: text('one'), list: { L: [number('1')] }, bytes: { B: bytes } };
  await given.client.send(new PutItemCommand({ TableName: 'things', Item }));
  Item.list!.L!.push(number('2'));
  bytes[0] = 2;
  const { Item: got } = await given.client.send(new GetItemCommand({ TableName: 'things', Key: { id: text('one') } }));
  got!.list!.L!.push(number('3'));

  expect(given.items).toEqual([{ id: 'one', list: [1], bytes: new Uint8Array([1]) }]);
});

test('projects paths, in the shape and the order of the item', async () => {
  const given = new Given({ id: 'one', a: 1, tree: { b: 2, c: { d: 3 } }, parts: ['x', 'y', { z: 4 }] });

  expect(await given.get('one', 'parts[2].z, a, tree.c, parts[0], lacking')).toEqual({ a: 1, tree: { c: { d: 3 } }, parts: ['x', { z: 4 }] });
  expect(await given.get('one', 'lacking.q')).toEqual({});
  await expect(given.get('one', 'tree, tree.b')).rejects.toEqual(invalid(
    'Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [tree], path two: [tree, b]'));
  await expect(given.get('one', 'size(a)')).rejects.toEqual(invalid('Invalid ProjectionExpression: Syntax error; token: "(", near: "size(a"'));
});

test.each([
  ['1e2', '100'], ['+012.500', '12.5'], ['-0.0', '0'], ['1.5E-3', '0.0015'], ['.5', '0.5'], ['99999999999999999999999999999999999999', '99999999999999999999999999999999999999'],
])('stores the number %s as %s', async (given, stored) => {
  const { client } = new Given();
  await client.send(new PutItemCommand({ TableName: 'things', Item: { id: text('one'), n: number(given), ns: { NS: [given] } } }));

  const { Item } = await client.send(new GetItemCommand({ TableName: 'things', Key: { id: text('one') } }));

  expect(Item).toEqual({ id: text('one'), n: number(stored), ns: { NS: [stored] } });
});

test.each<[string, AttributeValue, string]>([
  ['an empty set', { SS: [] }, 'One or more parameter values were invalid: An string set  may not be empty'],
  ['an empty set of numbers', { NS: [] }, 'One or more parameter values were invalid: An number set  may not be empty'],
  ['an empty set of binaries', { BS: [] }, 'One or more parameter values were invalid: Binary sets should not be empty'],
  ['a set with a member twice', { SS: ['a', 'a'] }, 'One or more parameter values were invalid: Input collection [a, a] contains duplicates.'],
  ['a set with a number in two spellings', { NS: ['1', '1.0'] }, 'One or more parameter values were invalid: Input collection [1, 1] contains duplicates.'],
  ['such a set inside of a list', { L: [{ M: { a: { SS: [] } } }] }, 'One or more parameter values were invalid: An string set  may not be empty'],
  ['text for a number', { N: 'one' }, 'The parameter cannot be converted to a numeric value: one'],
  ['nothing for a number', { N: '' }, 'The parameter cannot be converted to a numeric value'],
  ['too large a number', { N: '1e126' }, 'Number overflow. Attempting to store a number with magnitude larger than supported range'],
  ['too small a number', { N: '1e-131' }, 'Number underflow. Attempting to store a number with magnitude smaller than supported range'],
  ['too long a number', { N: '1'.repeat(39) }, 'Attempting to store more than 38 significant digits in a Number'],
  ['no type', {} as AttributeValue, 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'],
  ['two types', { S: 'a', N: '1' } as unknown as AttributeValue,
    'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes'],
  ['a null that is none', { NULL: false } as unknown as AttributeValue,
    'One or more parameter values were invalid: Null attribute value types must have the value of true'],
  ['33 levels', Array.from({ length: 32 }).reduce<AttributeValue>((value) => ({ L: [value] }), number('1')),
    'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit'],
  ['too much', text('x'.repeat(400 * 1024)), 'Item size has exceeded the maximum allowed size'],
])('refuses %s', async (_what, value, message) => {
  const given = new Given();

  await expect(given.client.send(new PutItemCommand({ TableName: 'things', Item: { id: text('one'), value } }))).rejects.toEqual(invalid(message));

  expect(given.items).toEqual([]);
});

test('takes an item of 400 KB to the byte', async () => {
  await new Given().put({ id: 'one', v: 'x'.repeat(400 * 1024 - 'idonev'.length) });

  await expect(new Given().put({ id: 'one', v: 'x'.repeat(400 * 1024 - 'idonev'.length + 1) })).rejects.toEqual(invalid('Item size has exceeded the maximum allowed size'));
});

test('refuses a number where text is wanted, as the JSON of the service does', async () => {
  const Item = { id: text('one'), n: { N: 5 as unknown as string } };

  await expect(new Given().client.send(new PutItemCommand({ TableName: 'things', Item }))).rejects.toMatchObject({ name: 'SerializationException' });
});

test.each([
  ['no key', {}, 'One or more parameter values were invalid: Missing the key id in the item'],
  ['an empty key', { id: '' }, 'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: id'],
  ['a key of another type', { id: 1 }, 'One or more parameter values were invalid: Type mismatch for key id expected: S actual: N'],
  ['a name of nothing', { 'id': 'one', '': 1 }, 'One or more parameter values were invalid: An attribute name may not be empty'],
  ['too long a key', { id: 'x'.repeat(2049) }, 'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of 2048 bytes'],
])('refuses to put an item with %s', async (_what, item, message) => {
  await expect(new Given({ id: 'before' }).put(item)).rejects.toEqual(invalid(message));
});

test.each([
  ['another name', { name: text('one') }, 'The provided key element does not match the schema'],
  ['another type', { id: number('1') }, 'The provided key element does not match the schema'],
  ['one attribute too many', { id: text('one'), more: text('x') }, 'The provided key element does not match the schema'],
  ['nothing in it', { id: text('') }, 'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: id'],
])('refuses a key with %s', async (_what, Key, message) => {
  const { client } = new Given({ id: 'before' });

  await expect(client.send(new GetItemCommand({ TableName: 'things', Key }))).rejects.toEqual(invalid(message));
  await expect(client.send(new DeleteItemCommand({ TableName: 'things', Key }))).rejects.toEqual(invalid(message));
});

test('returns only what a request may ask for', async () => {
  await expect(new Given().put({ id: 'one' }, undefined, { returns: 'ALL_NEW' })).rejects.toEqual(invalid('ReturnValues can only be ALL_OLD or NONE'));
});
