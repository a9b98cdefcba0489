import { contentOf } from '../../lambda/engine/content';

const came = { id: 'a', lines: [{ sku: 's', quantity: 1 }], sentAt: 'noon' };

test('is the same whatever the order of properties', () => {
  expect(contentOf({ b: 1, a: { d: 2, c: 3 } }, { b: 1, a: { d: 2, c: 3 } })).toBe(contentOf({ a: { c: 3, d: 2 }, b: 1 }, { a: { c: 3, d: 2 }, b: 1 }));
});

test('leaves out what the schema has let go, at every depth', () => {
  const read = { id: 'a', lines: [{ sku: 's' }] };

  expect(contentOf(came, read)).toBe(contentOf({ id: 'a', lines: [{ sku: 's', quantity: 2 }], sentAt: 'later' }, read));
});

test('does not change with a default that is another one each time', () => {
  expect(contentOf(came, { ...came, readAt: new Date(1) })).toBe(contentOf(came, { ...came, readAt: new Date(2) }));
});

test('does not change with what the schema makes of a value', () => {
  expect(contentOf({ at: '2026-01-01', n: '7' }, { at: new Date('2026-01-01'), n: 7n })).toBe(contentOf({ at: '2026-01-01', n: '7' }, { at: '2026-01-01', n: '7' }));
});

test.each([
  ['a property under a new name', { a: 1, b: 2 }, { a: 1, c: 2 }, { a: 1, b: 3 }, { a: 1, c: 3 }],
  ['a property that a transformation has dropped', { a: 1, b: 2 }, { c: 3 }, { a: 2, b: 1 }, { c: 3 }],
  ['an element', [1, 2], [1, 2], [1, 3], [1, 3]],
  ['what becomes a single value', { a: 1 }, 1, { a: 2 }, 2],
  ['what becomes nothing', { a: 1 }, {}, { a: 2 }, {}],
  ['a property with a name of its own', JSON.parse('{"__proto__": 1}'), {}, JSON.parse('{"__proto__": 2}'), {}],
])('differs in %s', (_what, one, oneRead, other, otherRead) => {
  expect(contentOf(one, oneRead)).not.toBe(contentOf(other, otherRead));
});
