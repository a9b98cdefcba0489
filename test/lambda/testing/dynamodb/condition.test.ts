import { Given, invalid } from './given';

const item = {
  id: 'one', n: 5, big: 9007199254740993n, s: 'abc', b: new Uint8Array([1, 2, 3]), yes: true, nothing: null, tags: new Set(['a', 'b']), ranks: new Set([1, 2]),
  parts: [1, 'x', { deep: 'y' }], tree: { n: 1, in: { s: 'z' } },
};

test.each([
  ['n = :v', { ':v': 5 }, true],
  ['n = :v', { ':v': '5' }, false],
  ['n <> :v', { ':v': '5' }, true],
  ['n < :v', { ':v': 10 }, true],
  ['n >= :v', { ':v': 5 }, true],
  ['n > :v', { ':v': 5 }, false],
  ['s < :v', { ':v': 'abd' }, true],
  ['s < :v', { ':v': 1 }, false],
  ['b < :v', { ':v': new Uint8Array([1, 3]) }, true],
  ['big > :v', { ':v': 9007199254740992n }, true],
  ['big = :v', { ':v': 9007199254740992n }, false],
  ['n BETWEEN :v AND :w', { ':v': 5, ':w': 6 }, true],
  ['n BETWEEN :v AND :w', { ':v': 6, ':w': 7 }, false],
  ['n IN (:v, :w)', { ':v': 4, ':w': 5 }, true],
  ['n IN (:v)', { ':v': 4 }, false],
  ['tags = :v', { ':v': new Set(['b', 'a']) }, true],
  ['tags = :v', { ':v': new Set(['a', 'c']) }, false],
  ['parts[0] = tree.n', undefined, true],
  ['parts[2].deep = :v', { ':v': 'y' }, true],
  ['parts[3] = :v', { ':v': 'y' }, false],
  ['nothing = :v', { ':v': null }, true],
])('%s with %j is %p', async (condition, values, met) => {
  expect(await new Given(item).meets(condition, values)).toBe(met);
});

test.each([
  ['attribute_exists(tree.n)', undefined, true],
  ['attribute_exists(tree.q)', undefined, false],
  ['attribute_not_exists(parts[3])', undefined, true],
  ['attribute_type(n, :v)', { ':v': 'N' }, true],
  ['attribute_type(tags, :v)', { ':v': 'S' }, false],
  ['attribute_type(absent, :v)', { ':v': 'S' }, false],
  ['begins_with(s, :v)', { ':v': 'ab' }, true],
  ['begins_with(b, :v)', { ':v': new Uint8Array([1, 2]) }, true],
  ['begins_with(s, :v)', { ':v': 'b' }, false],
  ['contains(s, :v)', { ':v': 'bc' }, true],
  ['contains(tags, :v)', { ':v': 'a' }, true],
  ['contains(ranks, :v)', { ':v': 3 }, false],
  ['contains(parts, :v)', { ':v': { deep: 'y' } }, true],
  ['contains(tree, :v)', { ':v': 'n' }, false],
  ['size(s) = :v', { ':v': 3 }, true],
  ['size(b) = size(parts)', undefined, true],
  ['size(tags) < :v', { ':v': 3 }, true],
  ['size(n) >= :v', { ':v': 0 }, false],
])('%s with %j is %p', async (condition, values, met) => {
  expect(await new Given(item).meets(condition, values)).toBe(met);
});

test('names stand for what an expression cannot spell', async () => {
  expect(await new Given(item).meets('tree.#in.s = :v', { ':v': 'z' }, { '#in': 'in' })).toBe(true);
});

test('compares text by its bytes in UTF-8', async () => {
  expect(await new Given({ id: 'one', s: '\uFFFD' }).meets('s < :v', { ':v': '\u{1F600}' })).toBe(true);
});

test('AND binds stronger than OR, NOT stronger than both, and parentheses strongest', async () => {
  const given = new Given(item);

  expect(await given.meets('n = n2 AND n = :v OR n = :v', { ':v': 5 })).toBe(true);
  expect(await given.meets('n = n2 AND (n = :v OR n = :v)', { ':v': 5 })).toBe(false);
  expect(await given.meets('NOT n = n2 AND n = :v', { ':v': 5 })).toBe(true);
  expect(await given.meets('NOT (n = :v OR n = n2)', { ':v': 5 })).toBe(false);
  expect(await given.meets('n BETWEEN :v AND :v AND NOT s IN (:v)', { ':v': 5 })).toBe(true);
});

test('what is not there differs from everything, and compares with nothing', async () => {
  const given = new Given(item);

  expect(await given.meets('absent <> n')).toBe(true);
  expect(await given.meets('absent = lacking')).toBe(false);
  expect(await given.meets('NOT absent < n')).toBe(true);
});

test('looks at an item that does not exist as one without attributes', async () => {
  const given = new Given();

  expect(await given.meets('attribute_not_exists(id)')).toBe(true);
  expect(await given.meets('id = :v', { ':v': 'one' })).toBe(false);
});

test.each([
  ['', undefined, 'The expression can not be empty;'],
  ['n =', undefined, 'Syntax error; token: "<EOF>", near: "="'],
  ['n', undefined, 'Syntax error; token: "<EOF>", near: "n"'],
  ['n == :v', { ':v': 1 }, 'Syntax error; token: "=", near: "== :v"'],
  ['n = 5', undefined, 'Syntax error; token: "5", near: "= 5"'],
  ['attribute_exists n', undefined, 'Syntax error; token: "n", near: "attribute_exists n"'],
  ['n IN :v', { ':v': 1 }, 'Syntax error; token: ":v", near: "IN :v"'],
  ['(n = :v) = n', { ':v': 1 }, 'Syntax error; token: "=", near: ") = n"'],
  ['((n = :v))', { ':v': 1 }, 'The expression has redundant parentheses;'],
  ['fits(n)', undefined, 'Invalid function name; function: fits'],
  ['if_not_exists(n, s) = s', undefined, 'The function is not allowed in a condition expression; function: if_not_exists'],
  ['size(s)', undefined, 'The function is not allowed to be used this way in an expression; function: size'],
  ['attribute_exists(n) = s', undefined, 'The function is not allowed to be used this way in an expression; function: attribute_exists'],
  ['data = :v', { ':v': 1 }, 'Attribute name is a reserved keyword; reserved keyword: data'],
  ['tree.Status = :v', { ':v': 1 }, 'Attribute name is a reserved keyword; reserved keyword: Status'],
  ['#n = s', undefined, 'An expression attribute name used in the document path is not defined; attribute name: #n'],
  ['n = :w', { ':v': 1 }, 'An expression attribute value used in expression is not defined; attribute value: :w'],
  ['attribute_exists(:v)', { ':v': 1 }, 'Operator or function requires a document path; operator or function: attribute_exists'],
  ['begins_with(s)', undefined, 'Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1'],
  ['begins_with(s, :v)', { ':v': 1 }, 'Incorrect operand type for operator or function; operator or function: begins_with, operand type: N'],
  ['yes < :v', { ':v': true }, 'Incorrect operand type for operator or function; operator or function: <, operand type: BOOL'],
  ['size(:v) = n', { ':v': 1 }, 'Incorrect operand type for operator or function; operator or function: size, operand type: N'],
  ['attribute_type(n, :v)', { ':v': 'Number' }, 'Invalid attribute type name found; type: Number, valid types: {S,N,B,SS,NS,BS,M,L,NULL,BOOL}'],
  ['n = n', undefined, 'The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [n]'],
  ['n BETWEEN :v AND :w', { ':v': 2, ':w': 1 }, 'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; '
    + 'lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}'],
  ['n BETWEEN :v AND :w', { ':v': 2, ':w': '3' }, 'The BETWEEN operator requires same data type for lower and upper bounds; '
    + 'lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {S:3}'],
  [`n${'.n'.repeat(32)} = :v`, { ':v': 1 }, 'The document path has too many nesting levels; nesting levels: 33'],
  [`n IN (${Array(101).fill(':v').join()})`, { ':v': 1 }, 'The IN operator is provided with too many operands; number of operands: 101'],
  [`n = :v${' '.repeat(4096)}`, { ':v': 1 }, 'Expression size has exceeded the maximum allowed size; expression size: 4102'],
  [Array(152).fill('n = :v').join(' AND '), { ':v': 1 }, 'The expression contains too many operators; operator count: 303'],
])('refuses the condition "%s"', async (condition, values, message) => {
  await expect(new Given(item).put({ id: 'two' }, values, { condition })).rejects.toEqual(invalid(`Invalid ConditionExpression: ${message}`));
});

test('refuses names and values that nobody uses', async () => {
  const given = new Given(item);

  await expect(given.put({ id: 'one' }, { ':v': 1, ':w': 2, ':x': 3 }, { condition: 'n = :v' }))
    .rejects.toEqual(invalid('Value provided in ExpressionAttributeValues unused in expressions: keys: {:w, :x}'));
  await expect(given.put({ id: 'one' }, undefined, { condition: 'n = big', names: { '#n': 'n' } }))
    .rejects.toEqual(invalid('Value provided in ExpressionAttributeNames unused in expressions: keys: {#n}'));
  await expect(given.put({ id: 'one' }, undefined, { names: { '#n': 'n' } })).rejects.toEqual(invalid('ExpressionAttributeNames can only be specified when using expressions'));
  await expect(given.put({ id: 'one' }, {}, { condition: 'n = big' })).rejects.toEqual(invalid('ExpressionAttributeValues must not be empty'));
  await expect(given.put({ id: 'one' }, { v: 1 }, { condition: 'n = big' })).rejects.toEqual(invalid('ExpressionAttributeValues contains invalid key: Syntax error; key: "v"'));
});
