import { Given, invalid } from './given';

const one = { id: 'one', n: 5, s: 'abc', parts: [1, 'x', 3], tree: { n: 1, in: { s: 'z' } }, tags: new Set(['a', 'b']) };

async function after(expression: string, values?: Parameters<Given['update']>[2], names?: Record<string, string>) {
  const given = new Given(one);
  await given.update('one', expression, values, names ? { names } : {});
  return given.items[0];
}

test.each([
  ['SET n = :v', { ':v': 'new' }, { n: 'new' }],
  ['SET n = n + :v', { ':v': 0.5 }, { n: 5.5 }],
  ['SET n = :v - n', { ':v': 1 }, { n: -4 }],
  ['SET n = if_not_exists(n, :v) + :v', { ':v': 1 }, { n: 6 }],
  ['SET q = if_not_exists(q, :v)', { ':v': 1 }, { q: 1 }],
  ['SET s = n, n = s', undefined, { s: 5, n: 'abc' }],
  ['SET parts = list_append(parts, :v)', { ':v': [4] }, { parts: [1, 'x', 3, 4] }],
  ['SET q = list_append(if_not_exists(q, :v), parts)', { ':v': [] }, { q: [1, 'x', 3] }],
  ['SET tree.n = :v, tree.q = :v', { ':v': 2 }, { tree: { n: 2, q: 2, in: { s: 'z' } } }],
  ['SET parts[1] = :v, parts[9] = n, parts[7] = s', { ':v': 2 }, { parts: [1, 2, 3, 'abc', 5] }],
  ['SET twin = tree', undefined, { twin: one.tree }],
  ['REMOVE n, s, absent', undefined, { n: undefined, s: undefined }],
  ['REMOVE parts[0], parts[2], parts[9]', undefined, { parts: ['x'] }],
  ['REMOVE parts[0] SET parts[5] = :v', { ':v': 4 }, { parts: ['x', 3, 4] }],
  ['REMOVE parts[3] SET parts[5] = :v', { ':v': 4 }, { parts: [1, 'x', 3, 4] }],
  ['REMOVE tree.n', undefined, { tree: { in: { s: 'z' } } }],
  ['ADD n :v', { ':v': -5 }, { n: 0 }],
  ['ADD q :v', { ':v': 7 }, { q: 7 }],
  ['ADD tags :v', { ':v': new Set(['b', 'c']) }, { tags: new Set(['a', 'b', 'c']) }],
  ['ADD q :v', { ':v': new Set([1]) }, { q: new Set([1]) }],
  ['DELETE tags :v', { ':v': new Set(['b', 'c']) }, { tags: new Set(['a']) }],
  ['DELETE tags :v', { ':v': new Set(['b', 'a']) }, { tags: undefined }],
  ['DELETE q :v', { ':v': new Set(['b']) }, {}],
  ['set n = :v remove s add q :v', { ':v': 1 }, { n: 1, s: undefined, q: 1 }],
])('%s with %j', async (expression, values, changed) => {
  expect(await after(expression, values)).toEqual({ ...one, ...changed });
});

test('names stand for attributes that an expression cannot spell', async () => {
  expect(await after('SET #a = :v, tree.#b = :v', { ':v': 1 }, { '#a': 'a.b', '#b': 'data' })).toEqual({ ...one, 'a.b': 1, 'tree': { ...one.tree, data: 1 } });
});

test('adds numbers of 38 digits exactly', async () => {
  const given = new Given({ id: 'one', n: 9007199254740993n, m: 0.1 });

  await given.update('one', 'SET n = n + :v, m = m + :w', { ':v': 1n, ':w': 0.2 });

  expect(given.items).toEqual([{ id: 'one', n: 9007199254740994n, m: 0.3 }]);
});

test('makes an item of nothing but its key, and of what is set', async () => {
  const given = new Given();

  await given.update('one', 'SET n = if_not_exists(n, :v), q = id ADD c :v', { ':v': 1 });
  await given.update('two', 'REMOVE n');

  expect(given.items).toEqual([{ id: 'one', n: 1, q: 'one', c: 1 }, { id: 'two' }]);
});

test('keeps an item as it was when the condition is not met, and shows it on demand', async () => {
  const given = new Given({ id: 'one', n: 1 });
  const more = { condition: 'n > :v' };

  await expect(given.update('one', 'SET n = :v', { ':v': 2 }, more)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: undefined });
  await expect(given.update('one', 'SET n = :v', { ':v': 2 }, { ...more, old: true }))
    .rejects.toMatchObject({ message: 'The conditional request failed', Item: { id: { S: 'one' }, n: { N: '1' } } });

  expect(given.items).toEqual([{ id: 'one', n: 1 }]);
});

test.each([
  ['ALL_OLD', one],
  ['ALL_NEW', { ...one, n: 6, tree: { n: 2, in: { s: 'z' } }, q: 1, s: undefined }],
  ['UPDATED_OLD', { n: 5, s: 'abc', tree: { n: 1 } }],
  ['UPDATED_NEW', { n: 6, q: 1, tree: { n: 2 } }],
] as const)('returns %s', async (returns, attributes) => {
  const given = new Given(one);

  expect(await given.update('one', 'SET n = n + :v, tree.n = tree.n + :v, q = :v REMOVE s', { ':v': 1 }, { returns })).toEqual(attributes);
});

test('returns nothing that is not there', async () => {
  const given = new Given();

  expect(await given.update('one', 'SET n = :v', { ':v': 1 }, { returns: 'ALL_OLD' })).toBeUndefined();
  expect(await given.update('one', 'SET q = :v', { ':v': 1 }, { returns: 'UPDATED_OLD' })).toBeUndefined();
  expect(await given.update('one', 'REMOVE q', undefined, { returns: 'UPDATED_NEW' })).toBeUndefined();
});

test.each([
  ['SET', undefined, 'Syntax error; token: "<EOF>", near: "SET"'],
  ['SET x :v', { ':v': 1 }, 'Syntax error; token: ":v", near: "x :v"'],
  ['CHANGE x', undefined, 'Syntax error; token: "CHANGE", near: "CHANGE x"'],
  ['SET x = n + n + n', undefined, 'Syntax error; token: "+", near: "n + n"'],
  ['SET parts[01] = n', undefined, 'Syntax error; token: "1", near: "01]"'],
  ['SET parts[4294967296] = n', undefined, 'List index is not within the allowable range; index: [4294967296]'],
  ['SET x = (n + n) + n', undefined, 'Syntax error; token: "+", near: ") + n"'],
  ['SET _x = n', undefined, 'Syntax error; token: "_", near: "SET _x"'],
  ['ADD n n', undefined, 'Syntax error; token: "n", near: "n n"'],
  ['SET x = ((n))', undefined, 'The expression has redundant parentheses;'],
  ['SET x = n SET y = n', undefined, 'The "SET" section can only be used once in an update expression;'],
  ['SET x = size(parts)', undefined, 'The function is not allowed in an update expression; function: size'],
  ['SET count = n', undefined, 'Attribute name is a reserved keyword; reserved keyword: count'],
  ['SET x = n REMOVE x', undefined, 'Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [x], path two: [x]'],
  ['SET tree.n = n, tree = n', undefined, 'Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [tree, n], path two: [tree]'],
  ['SET tree.n = n, tree[0] = n', undefined,
    'Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [tree, n], path two: [tree, [0]]'],
  ['SET x = if_not_exists(:v, n)', { ':v': 1 }, 'Operator or function requires a document path; operator or function: if_not_exists'],
  ['SET x = list_append(parts, :v)', { ':v': 1 }, 'Incorrect operand type for operator or function; operator or function: list_append, operand type: N'],
  ['SET x = n + :v', { ':v': '1' }, 'Incorrect operand type for operator or function; operator or function: +, operand type: S'],
  ['ADD s :v', { ':v': 'x' }, 'Incorrect operand type for operator or function; operator: ADD, operand type: STRING'],
  ['DELETE n :v', { ':v': 1 }, 'Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER'],
])('refuses the expression "%s"', async (expression, values, message) => {
  await expect(after(expression, values)).rejects.toEqual(invalid(`Invalid UpdateExpression: ${message}`));
});

test.each([
  ['SET q.r = n', undefined, 'The document path provided in the update expression is invalid for update'],
  ['SET s.x = n', undefined, 'The document path provided in the update expression is invalid for update'],
  ['SET tree[0] = n', undefined, 'The document path provided in the update expression is invalid for update'],
  ['REMOVE q.r', undefined, 'The document path provided in the update expression is invalid for update'],
  ['ADD parts[0].x :v', { ':v': 1 }, 'The document path provided in the update expression is invalid for update'],
  ['SET x = absent', undefined, 'The provided expression refers to an attribute that does not exist in the item'],
  ['SET x = if_not_exists(q, r)', undefined, 'The provided expression refers to an attribute that does not exist in the item'],
  ['SET x = s + n', undefined, 'An operand in the update expression has an incorrect data type'],
  ['SET x = list_append(parts, s)', undefined, 'An operand in the update expression has an incorrect data type'],
  ['ADD s :v', { ':v': 1 }, 'An operand in the update expression has an incorrect data type'],
  ['ADD n :v', { ':v': new Set([1]) }, 'An operand in the update expression has an incorrect data type'],
  ['DELETE tags :v', { ':v': new Set([1]) }, 'An operand in the update expression has an incorrect data type'],
  ['SET id = :v', { ':v': 'x' }, 'One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key'],
  ['REMOVE id', undefined, 'One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key'],
  ['SET x = :v', { ':v': 'x'.repeat(400 * 1024) }, 'Item size to update has exceeded the maximum allowed size'],
])('refuses "%s" for this item, and leaves it alone', async (expression, values, message) => {
  const given = new Given(one);

  await expect(given.update('one', expression, values)).rejects.toEqual(invalid(message));

  expect(given.items).toEqual([one]);
});
