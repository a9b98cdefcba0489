import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';

/** Expressions and items over few names and values, so that they meet; some well typed, some not, some no expressions at all. */

type Item = Record<string, AttributeValue>;

/** A piece of an expression: each `?` in the text stands for the next of the values. */
interface Fragment {
  readonly text: string;
  readonly values: readonly AttributeValue[];
}

export interface GeneratedRequest {
  readonly call: 'BatchGetItem' | 'DeleteItem' | 'GetItem' | 'PutItem' | 'Query' | 'Scan' | 'TransactGetItems' | 'TransactWriteItems' | 'UpdateItem';
  readonly input: Record<string, unknown>;
}

const numbers = ['0', '1', '2', '-1', '1.5', '9007199254740993', '9007199254740994', '99999999999999999999999999999999999999'];
const scalars: readonly AttributeValue[] = [
  ...numbers.map((N) => ({ N })), { S: '' }, { S: 'a' }, { S: 'ab' }, { S: 'b' }, { S: 'é' }, { S: 'N' }, { B: new Uint8Array([1]) }, { B: new Uint8Array([1, 2]) },
  { BOOL: true }, { BOOL: false }, { NULL: true },
];
const sets: readonly AttributeValue[] = [{ SS: ['a'] }, { SS: ['b', 'a'] }, { NS: ['1'] }, { NS: ['2', '1', '1.5'] }, { BS: [new Uint8Array([1])] }];
const noValues: readonly AttributeValue[] = [{ SS: [] }, { SS: ['a', 'a'] }, { NS: ['1', '1.0'] }, { N: 'one' }, { N: '1e126' }, { N: '1'.repeat(39) }];

const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 6, arbitrary: fc.constantFrom(...scalars) },
    { weight: 2, arbitrary: fc.constantFrom(...sets) },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 3 }).map((L) => ({ L })) },
    { weight: 2, arbitrary: fc.dictionary(fc.constantFrom('x', 'y', 'l'), tie('value'), { maxKeys: 2 }).map((M) => ({ M })) },
  ),
}));
const anyValue = fc.oneof({ weight: 60, arbitrary: value }, { weight: 1, arbitrary: fc.constantFrom(...noValues) });

const paths = ['x', 'y', '#data', 'm', 'l', 'm.x', 'm.y', 'm.x.y', 'm.l[0]', 'l[0]', 'l[1]', 'l[4]', 'l[0].x', 'x[0]', 'x.y', 'id'];
const mistakes = ['data', '#unknown', '_x', 'm.data', 'x[01]'];
const path = fragmentOf(fc.oneof({ weight: 60, arbitrary: fc.constantFrom(...paths) }, { weight: 1, arbitrary: fc.constantFrom(...mistakes) }));
const literal = anyValue.map((one): Fragment => ({ text: '?', values: [one] }));
const operand = fc.oneof({ weight: 4, arbitrary: path }, { weight: 4, arbitrary: literal }, { weight: 1, arbitrary: filled('size(%)', path) });
const typeName = fc.constantFrom('S', 'N', 'L', 'M', 'SS', 'NULL', 'text').map((S): Fragment => ({ text: '?', values: [{ S }] }));

const { condition } = fc.letrec<{ condition: Fragment }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('=', '<>', '<', '<=', '>', '>=').chain((operator) => filled(`% ${operator} %`, operand, operand)),
    filled('% BETWEEN % AND %', operand, operand, operand),
    filled('% IN (%, %)', operand, operand, operand),
    filled('attribute_exists(%)', path),
    filled('attribute_not_exists(%)', path),
    filled('attribute_type(%, %)', path, typeName),
    filled('begins_with(%, %)', operand, operand),
    filled('contains(%, %)', operand, operand),
    filled('% AND %', tie('condition'), tie('condition')),
    filled('% OR %', tie('condition'), tie('condition')),
    filled('NOT %', tie('condition')),
    filled('(%)', tie('condition')),
  ),
}));

const { source } = fc.letrec<{ source: Fragment }>((tie) => ({
  source: fc.oneof(
    { maxDepth: 1, withCrossShrink: true },
    { weight: 3, arbitrary: literal },
    { weight: 2, arbitrary: path },
    filled('if_not_exists(%, %)', path, tie('source')),
    filled('list_append(%, %)', tie('source'), tie('source')),
    filled('% + %', tie('source'), tie('source')),
    filled('% - %', tie('source'), tie('source')),
    filled('(%)', tie('source')),
  ),
}));
const clauses = [
  ['SET', filled('% = %', path, source)], ['REMOVE', path], ['ADD', filled('% %', path, literal)], ['DELETE', filled('% %', path, literal)],
] as const;
const update = fc.shuffledSubarray([...clauses], { minLength: 1, maxLength: 2 })
  .chain((chosen) => fc.tuple(...chosen.map(([name, action]) => listOf(action, 3).map(({ text, values }) => ({ text: `${name} ${text}`, values })))))
  .map((parts) => joined(parts, ' '));

/** What fits the items that are usual here: otherwise too little of what is random would come to pass. */
const N = fc.constantFrom(...numbers.slice(0, -1)).map((one): AttributeValue => ({ N: one }));
const S = fc.constantFrom('a', 'ab', 'b', '').map((one): AttributeValue => ({ S: one }));
const SS = fc.constantFrom('a', 'b', 'ab', 'cb').map((one): AttributeValue => ({ SS: one.split('') }));
const L = fc.array(fc.oneof(N, S), { maxLength: 3 }).map((one): AttributeValue => ({ L: one }));
const usualUpdate = fc.oneof(
  template('SET x = ?', value), template('SET x = if_not_exists(x, ?) + ?', N, N), template('SET x = x - ?', N), template('SET y = x, x = y'),
  template('SET l = list_append(if_not_exists(l, ?), ?)', L, L), template('SET m.x = ?', value), template('SET m.l[1] = ?', N), template('SET m.y = m.x'),
  template('SET l[0] = ?', value), template('SET l[4] = ?, l[9] = ?, l[3] = ?', N, S, value), template('SET l[0] = l[1], l[1] = l[0] REMOVE m.y'),
  template('REMOVE l[0], l[1], y'), template('REMOVE l[2] SET l[7] = ?', N), template('REMOVE m.x, #data'), template('REMOVE m.l[0] SET m.l[1] = ?', S),
  template('ADD x ?', N), template('ADD m.x ?', N), template('ADD l[0] ?', N), template('ADD #data ?', SS), template('DELETE #data ?', SS),
  template('SET y = ? ADD x ? DELETE #data ? REMOVE l[1]', S, N, SS), template('SET x = id'), template('SET x = ? - ?', N, N),
);
const usualCondition = fc.oneof(
  template('attribute_not_exists(x)'), template('attribute_exists(id)'), template('x < ?', N), template('x BETWEEN ? AND ?', fc.constant({ N: '0' }), N),
  template('begins_with(y, ?)', S), template('contains(#data, ?)', S), template('size(l) >= ?', N), template('m.x = ? OR attribute_not_exists(m.x)', N),
  template('NOT contains(l, ?)', S), template('y IN (?, ?)', S, S), template('attribute_type(m, ?)', fc.constant({ S: 'M' })), template('#data = ?', SS),
);
const usualTree = fc.record({ x: N, y: S, l: L }, { requiredKeys: ['l'] }).map((M): AttributeValue => ({ M }));
const usualItem: fc.Arbitrary<Item> = fc.record({
  x: N, y: S, data: SS, l: L, m: usualTree,
}, { requiredKeys: ['l', 'm', 'data'] });

/** Mostly no expression; what it has in common with one keeps both sides reading to the end of it. */
const soup = fc.array(fc.constantFrom('x', 'm.x', '?', '=', '<', '(', ')', ',', 'AND', 'NOT', 'IN', 'size', 'SET', 'REMOVE', '+', '[0]', '#'), { minLength: 1, maxLength: 7 })
  .map((tokens): Fragment => ({ text: tokens.join(' '), values: tokens.filter((token) => token === '?').map(() => ({ N: '1' })) }));

const both = <T>(usual: fc.Arbitrary<T>, random: fc.Arbitrary<T>) => fc.oneof({ weight: 3, arbitrary: usual }, { weight: 1, arbitrary: random });
const rarely = <T>(common: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) => fc.oneof({ weight: 30, arbitrary: common }, { weight: 1, arbitrary: rare });
const anyCondition = both(usualCondition, rarely(condition, soup));
const maybeCondition = fc.option(anyCondition, { nil: undefined, freq: 2 });
const anyUpdate = both(usualUpdate, rarely(update, soup));
const projection = fc.option(listOf(path, 3), { nil: undefined });

const attributes = both(usualItem, fc.dictionary(fc.constantFrom('x', 'y', 'data', 'm', 'l'), anyValue, { maxKeys: 4 }));
const id = fc.constantFrom('a', 'b', 'c');

/** Two items to begin with, and requests for them and others; `sorted` has a sort key besides. Keys begin with the prefix. */
export function storms(table: string, sorted: string, prefix: string, most: number): fc.Arbitrary<GeneratedRequest[]> {
  const beginning = fc.tuple(usualItem, usualItem).map((items) => items.map((item, index): GeneratedRequest =>
    ({ call: 'PutItem', input: { TableName: table, Item: { ...item, id: { S: `${prefix}${'ab'[index]}` } } } })));
  return fc.tuple(beginning, fc.array(requests(table, sorted, prefix), { minLength: 1, maxLength: most, size: 'max' })).map((parts) => parts.flat());
}

function requests(table: string, sorted: string, prefix: string): fc.Arbitrary<GeneratedRequest> {
  const partition = id.map((name): Item => ({ id: { S: `${prefix}${name}` } }));
  const otherKey = fc.constantFrom<Item>({ id: { S: '' } }, { id: { N: '1' } }, { x: { S: 'a' } }, { id: { S: `${prefix}a` }, x: { S: 'a' } });
  const key = rarely(partition, otherKey);
  const sortedKey = fc.tuple(partition, fc.constantFrom('0', '1', '2', '10')).map(([one, sk]): Item => ({ ...one, sk: { N: sk } }));
  const whole = fc.tuple(partition, attributes).map(([one, more]) => ({ ...more, ...one }));

  const TableName = fc.constant(table);
  const ReturnValuesOnConditionCheckFailure = fc.constantFrom('NONE', 'ALL_OLD');
  const onKey = fc.record({ TableName, Key: key, ReturnValuesOnConditionCheckFailure });
  const put = written(fc.record({ TableName, Item: whole, ReturnValuesOnConditionCheckFailure }), { ConditionExpression: maybeCondition });
  const change = written(onKey, { UpdateExpression: anyUpdate, ConditionExpression: maybeCondition });
  const remove = written(onKey, { ConditionExpression: maybeCondition });
  const check = written(onKey, { ConditionExpression: anyCondition });
  const read = written(fc.record({ TableName, Key: key }), { ProjectionExpression: projection });
  const writes = fc.array(fc.oneof(
    put.map((Put) => ({ Put })), change.map((Update) => ({ Update })), remove.map((Delete) => ({ Delete })),
    check.map((ConditionCheck) => ({ ConditionCheck })),
  ), { minLength: 1, maxLength: 3 });
  const gets = fc.array(read.map((Get) => ({ Get })), { minLength: 1, maxLength: 2 });
  const ofPrefix = anyCondition.map(({ text, values }): Fragment => ({ text: `begins_with(id, ?) AND (${text})`, values: [{ S: prefix }, ...values] }));

  return fc.oneof(
    called('PutItem', 5, returning(put, 'NONE', 'ALL_OLD', 'ALL_NEW')),
    called('UpdateItem', 9, returning(change, 'NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW')),
    called('DeleteItem', 1, returning(remove, 'NONE', 'ALL_OLD')),
    called('GetItem', 2, read),
    called('TransactWriteItems', 5, fc.record({ TransactItems: writes, ClientRequestToken: fc.constantFrom(`${prefix}1`, `${prefix}2`, undefined) })),
    called('TransactGetItems', 1, fc.record({ TransactItems: gets })),
    called('BatchGetItem', 1, fc.array(key, { maxLength: 3 }).map((Keys) => ({ RequestItems: { [table]: { Keys } } }))),
    called('Scan', 1, written(fc.record({ TableName }), { FilterExpression: ofPrefix, ProjectionExpression: projection })),
    called('PutItem', 3, fc.tuple(sortedKey, attributes).map(([one, more]) => ({ TableName: sorted, Item: { ...more, ...one } }))),
    called('Query', 3, queries(sorted, prefix, sortedKey)),
  );
}

function queries(table: string, prefix: string, start: fc.Arbitrary<Item>): fc.Arbitrary<Record<string, unknown>> {
  const ranges = ['', 'sk = ?', 'sk < ?', '? <= sk', 'sk BETWEEN ? AND ?', 'begins_with(sk, ?)', 'sk <> ?', 'x = ?', '(sk = ? OR sk = ?)'];
  const sortValue = rarely(N, fc.constantFrom(...scalars));
  const keyCondition = fc.tuple(id, fc.constantFrom(...ranges), sortValue, sortValue).map(([name, range, ...values]): Fragment => ({
    text: range === '' ? 'id = ?' : `id = ? AND ${range}`, values: [{ S: `${prefix}${name}` }, ...values.slice(0, range.split('?').length - 1)],
  }));
  const rest = fc.record({
    TableName: fc.constant(table),
    ScanIndexForward: fc.boolean(),
    Limit: fc.constantFrom(undefined, 1, 2),
    ExclusiveStartKey: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: start }),
  });
  return written(rest, { KeyConditionExpression: keyCondition, FilterExpression: maybeCondition, ProjectionExpression: projection });
}

function called(call: GeneratedRequest['call'], weight: number, input: fc.Arbitrary<Record<string, unknown>>) {
  return { weight, arbitrary: input.map((one): GeneratedRequest => ({ call, input: one })) };
}

function returning(input: fc.Arbitrary<Record<string, unknown>>, ...values: string[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.tuple(input, fc.constantFrom(undefined, ...values)).map(([one, ReturnValues]) => ({ ...one, ReturnValues }));
}

/** A request with these expressions; now and then with a name or a value that none of them uses. */
function written(rest: fc.Arbitrary<object>, expressions: Record<string, fc.Arbitrary<Fragment | undefined>>): fc.Arbitrary<Record<string, unknown>> {
  return fc.tuple(rest, fc.record(expressions), fc.integer({ min: 0, max: 60 })).map(([input, fragments, chance]) => {
    const values: Item = {};
    const texts = Object.entries(fragments).flatMap(([name, fragment]) => {
      if (!fragment) { return []; }
      let next = 0;
      return [[name, fragment.text.replace(/\?/g, () => {
        const placeholder = `:v${Object.keys(values).length}`;
        values[placeholder] = fragment.values[next++]!;
        return placeholder;
      })] as const];
    });
    if (chance === 0 && 'ConditionExpression' in expressions) { values[':unused'] = { N: '1' }; }
    const names = [...chance === 1 ? ['data'] : [], ...texts.some(([, text]) => text.includes('#data')) ? ['data'] : []];
    return {
      ...input,
      ...Object.fromEntries(texts),
      ...(names.length > 0 ? { ExpressionAttributeNames: { '#data': 'data' } } : {}),
      ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
    };
  });
}

function fragmentOf(text: fc.Arbitrary<string>): fc.Arbitrary<Fragment> {
  return text.map((one) => ({ text: one, values: [] }));
}

/** The text with a fragment for each `%`. */
function filled(text: string, ...fragments: readonly fc.Arbitrary<Fragment>[]): fc.Arbitrary<Fragment> {
  return fc.tuple(...fragments).map((parts) => {
    let next = 0;
    return { text: text.replace(/%/g, () => parts[next++]!.text), values: parts.flatMap(({ values }) => values) };
  });
}

/** The text with the values for its `?`. */
function template(text: string, ...values: readonly fc.Arbitrary<AttributeValue>[]): fc.Arbitrary<Fragment> {
  return fc.tuple(...values).map((drawn) => ({ text, values: drawn }));
}

function listOf(element: fc.Arbitrary<Fragment>, maxLength: number): fc.Arbitrary<Fragment> {
  return fc.array(element, { minLength: 1, maxLength }).map((parts) => joined(parts, ', '));
}

function joined(parts: readonly Fragment[], separator: string): Fragment {
  return { text: parts.map(({ text }) => text).join(separator), values: parts.flatMap(({ values }) => values) };
}
