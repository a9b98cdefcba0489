import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { accepted, type Item } from './attribute-value';
import { invalid, isInvalid } from './refusals';

interface Given {
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
}

/** The `#names` and `:values` of a request, and which of them its expressions have used. */
export class Placeholders {
  private readonly names: ReadonlyMap<string, string>;
  private readonly values: ReadonlyMap<string, AttributeValue>;
  private readonly used = new Set<string>();

  constructor({ ExpressionAttributeNames: names, ExpressionAttributeValues: values }: Given) {
    this.names = new Map(checked('ExpressionAttributeNames', '#', names));
    this.values = new Map(checked('ExpressionAttributeValues', ':', values).map(([key, value]) => [key, acceptedAt(key, value)]));
    for (const [key, name] of this.names) {
      if (name === '') { throw invalid(`ExpressionAttributeNames contains invalid value: Empty attribute name for key ${key}`); }
    }
  }

  name(key: string): string | undefined {
    this.used.add(key);
    return this.names.get(key);
  }

  value(key: string): AttributeValue | undefined {
    this.used.add(key);
    return this.values.get(key);
  }

  /** Once all expressions are read: what none of them has asked for was a mistake. */
  refuseUnused(expressions: readonly (string | undefined)[]): void {
    const any = expressions.some((expression) => expression !== undefined);
    for (const [what, given] of [['ExpressionAttributeNames', this.names], ['ExpressionAttributeValues', this.values]] as const) {
      if (given.size > 0 && !any) { throw invalid(`${what} can only be specified when using expressions`); }
      const unused = [...given.keys()].filter((key) => !this.used.has(key));
      if (unused.length > 0) { throw invalid(`Value provided in ${what} unused in expressions: keys: {${unused.join(', ')}}`); }
    }
  }
}

function checked<T>(what: string, sign: string, given: Record<string, T> | undefined): [string, T][] {
  if (given && Object.keys(given).length === 0) { throw invalid(`${what} must not be empty`); }
  return Object.entries(given ?? {}).map(([key, value]) => {
    if (!key.startsWith(sign) || !/^.\w+$/.test(key)) { throw invalid(`${what} contains invalid key: Syntax error; key: "${key}"`); }
    return [key, value];
  });
}

function acceptedAt(key: string, value: AttributeValue): AttributeValue {
  try {
    return accepted(value);
  } catch (error) {
    throw isInvalid(error) ? invalid(`ExpressionAttributeValues contains invalid value: ${error.message} for key ${key}`) : error;
  }
}
