import type { EventContract } from './contract';

type JsonSchema = Record<string, unknown>;

/** What a schema library gives us that can say its schemas as JSON Schema: the Standard JSON Schema interface. */
interface StandardJsonSchema {
  readonly jsonSchema: { readonly input: (options: { readonly target: 'draft-2020-12' }) => JsonSchema };
}

const draft = 'https://json-schema.org/draft/2020-12/schema';
const text = { type: 'string' };
const filled = { type: 'string', minLength: 1 };
const count = { type: 'integer', minimum: 0 };

/** The JSON Schema (draft 2020-12) of what consumers of an event take: our envelope, with the data as a producer gives it. */
export function jsonSchemaOf(contract: EventContract): JsonSchema {
  const { $schema, ...data } = dataSchemaOf(contract);
  const { source, type, version } = contract;
  return {
    $schema: draft,
    title: type,
    type: 'object',
    required: ['metadata', 'data'],
    additionalProperties: false,
    properties: {
      metadata: {
        type: 'object',
        required: ['id', 'source', 'type', 'version'],
        properties: {
          id: filled, time: text, source: { const: source }, type: { const: type }, version: { const: version },
          correlationId: text, causationId: text, idempotencyKey: text, hops: count, traceparent: text,
        },
      },
      data,
    },
  };
}

function dataSchemaOf(contract: EventContract): JsonSchema {
  const standard = contract.schema['~standard'];
  const nameless = `${contract.type} version ${contract.version} has no JSON Schema: `;
  if (!says(standard)) {
    throw new Error(`${nameless}its schema (of ${standard.vendor}) cannot give one. zod from 4.2 (but not zod/mini) and arktype from 2.1.28 can; `
      + 'around a schema of valibot, put toStandardJsonSchema of @valibot/to-json-schema');
  }
  return relocated(asked());

  function asked(): JsonSchema {
    try {
      return (standard as unknown as StandardJsonSchema).jsonSchema.input({ target: 'draft-2020-12' });
    } catch (error) {
      throw new Error(`${nameless}${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}

const says = (standard: object): standard is StandardJsonSchema =>
  typeof (standard as { readonly jsonSchema?: Partial<StandardJsonSchema['jsonSchema']> }).jsonSchema?.input === 'function';

/** A copy whose references to itself (`#`, `#/$defs/…`) still lead there when it is a part of another one. */
function relocated(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (name, value: unknown) =>
    name === '$ref' && typeof value === 'string' && /^#(\/|$)/.test(value) ? `#/properties/data${value.slice(1)}` : value) as JsonSchema;
}
