import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { defineEvent, type StandardSchema } from '../../lambda/contract';
import { jsonSchemaOf } from '../../lambda/json-schema';

const contractOf = (schema: StandardSchema) => defineEvent({ source: 'shop.checkout', type: 'OrderPlaced', version: 3, schema, key: () => 'a' });
const dataOf = (schema: StandardSchema) => (jsonSchemaOf(contractOf(schema)).properties as { readonly data: object }).data;

/** What the three libraries are to say of one event; `additionalProperties` is theirs to choose. */
const order = {
  type: 'object',
  required: expect.arrayContaining(['orderId', 'lines']),
  properties: {
    orderId: { type: 'string', minLength: 1 },
    lines: { type: 'array', items: expect.objectContaining({ type: 'object', properties: { sku: { type: 'string' } }, required: ['sku'] }) },
    note: { type: 'string' },
  },
};

test.each([
  ['zod', z.object({ orderId: z.string().min(1), lines: z.array(z.object({ sku: z.string() })), note: z.string().optional() })],
  ['valibot', toStandardJsonSchema(v.object({
    orderId: v.pipe(v.string(), v.minLength(1)), lines: v.array(v.object({ sku: v.string() })), note: v.optional(v.string()),
  }))],
  ['arktype', type({ 'orderId': 'string >= 1', 'lines': type({ sku: 'string' }).array(), 'note?': 'string' })],
])('says what %s takes', (_library, schema) => {
  const data = dataOf(schema as StandardSchema) as { readonly required: readonly string[] };

  expect(data).toEqual(order);
  expect(data.required).toHaveLength(2);
  expect(data).not.toHaveProperty('$schema');
});

test.each([
  ['zod', z.object({ note: z.string().default('none'), count: z.string().transform(Number) })],
  ['valibot', toStandardJsonSchema(v.object({ note: v.optional(v.string(), 'none'), count: v.pipe(v.string(), v.toNumber()) }))],
  ['arktype', type({ note: 'string = "none"', count: 'string.numeric.parse' })],
])('says what a producer gives, not what %s makes of it', (_library, schema) => {
  expect(dataOf(schema as StandardSchema)).toMatchObject({ required: ['count'], properties: { note: { type: 'string' }, count: { type: 'string' } } });
});

test('is of our envelope, with what the contract says', () => {
  const text = { type: 'string' };

  expect(jsonSchemaOf(contractOf(z.string()))).toEqual({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'OrderPlaced',
    type: 'object',
    required: ['metadata', 'data'],
    additionalProperties: false,
    properties: {
      metadata: {
        type: 'object',
        required: ['id', 'source', 'type', 'version'],
        properties: {
          id: { type: 'string', minLength: 1 }, time: text, source: { const: 'shop.checkout' }, type: { const: 'OrderPlaced' }, version: { const: 3 },
          correlationId: text, causationId: text, idempotencyKey: text, hops: { type: 'integer', minimum: 0 }, traceparent: text,
        },
      },
      data: { type: 'string' },
    },
  });
});

const category = z.object({ name: z.string(), get parts() { return z.array(category); } });
const valibotCategory: v.GenericSchema = v.object({ name: v.string(), parts: v.array(v.lazy(() => valibotCategory)) });
const { category: arkCategory } = type.module({ category: { name: 'string', parts: 'category[]' } });

test.each([['zod', category], ['valibot', toStandardJsonSchema(valibotCategory)], ['arktype', arkCategory]])(
  'lets the references of a recursive schema of %s lead to where it is now', (_library, schema) => {
    const whole = jsonSchemaOf(contractOf(schema as StandardSchema));
    const references = JSON.stringify(whole).match(/(?<="\$ref":")[^"]+/g)!;

    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      const [root, ...path] = reference.split('/');

      expect(root).toBe('#');
      expect(path.slice(0, 2)).toEqual(['properties', 'data']);
      expect(path.reduce<unknown>((place, name) => (place as Record<string, unknown>)[name], whole)).toEqual(expect.any(Object));
    }
  },
);

test('does not change what the library has given', () => {
  const given = { $schema: 'x', $ref: '#/$defs/a', $defs: { a: { $ref: 'https://example.com/schema#/a' } } };
  const standard = { version: 1 as const, vendor: 'own', validate: (value: unknown) => ({ value }), jsonSchema: { input: () => given } };
  const schema: StandardSchema = { '~standard': standard };

  expect(dataOf(schema)).toEqual({ $ref: '#/properties/data/$defs/a', $defs: { a: { $ref: 'https://example.com/schema#/a' } } });
  expect(given).toEqual({ $schema: 'x', $ref: '#/$defs/a', $defs: { a: { $ref: 'https://example.com/schema#/a' } } });
});

test.each([['zod', mini.object({ orderId: mini.string() })], ['valibot', v.object({ orderId: v.string() })]])(
  'names the contract and the cure when a schema of %s cannot say it', (library, schema) => {
    expect(() => jsonSchemaOf(contractOf(schema))).toThrow(
      `OrderPlaced version 3 has no JSON Schema: its schema (of ${library}) cannot give one. zod from 4.2 (but not zod/mini) and arktype from 2.1.28 can; `
      + 'around a schema of valibot, put toStandardJsonSchema of @valibot/to-json-schema',
    );
  },
);

test('names the contract when the library finds no words for a type', () => {
  const contract = contractOf(z.object({ at: z.date() }));

  expect(() => jsonSchemaOf(contract)).toThrow('OrderPlaced version 3 has no JSON Schema: Date cannot be represented in JSON Schema');
});
