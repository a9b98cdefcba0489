/** Attributes of a message, as SQS and SNS take them. */
export type Attributes = Record<string, { readonly DataType: 'String'; readonly StringValue: string }>;

// what XML 1.0 does not allow; neither service takes it
const unprintable = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Attributes of these values; an attribute cannot be empty, so what is empty is none. */
export function attributesOf(values: Readonly<Record<string, string>>): Attributes {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '').map(([name, value]) => [
    name, { DataType: 'String' as const, StringValue: value.replace(unprintable, '\uFFFD') },
  ]));
}

/** Attributes count with name, type and value. */
export function bytesOf(text: string, attributes: Attributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { DataType, StringValue }]) => sum + Buffer.byteLength(name) + DataType.length + Buffer.byteLength(StringValue), Buffer.byteLength(text),
  );
}
