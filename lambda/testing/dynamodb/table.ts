import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { base64, compare, type Item, type TypeName, typeOf } from './attribute-value';
import { invalid } from './refusals';

/** The attributes that make the primary key of a table. */
export interface KeyAttributes {
  readonly partitionKey: string;
  readonly sortKey?: string;
}

const longestKey = { partition: 2048, sort: 1024 };

/** The items of a table by their keys, in the order in which they came. */
export class Table {
  private readonly items = new Map<string, Item>();
  private readonly types = new Map<string, TypeName>();

  constructor(readonly name: string, readonly key: KeyAttributes) {}

  get keyNames(): readonly string[] {
    return this.key.sortKey === undefined ? [this.key.partitionKey] : [this.key.partitionKey, this.key.sortKey];
  }

  get(key: Item): Item | undefined {
    return this.items.get(this.identity(key));
  }

  set(key: Item, item: Item | undefined): void {
    if (item) { this.items.set(this.identity(key), item); } else { this.items.delete(this.identity(key)); }
  }

  all(): readonly Item[] {
    return [...this.items.values()];
  }

  /** In the order of their keys, which no deletion changes: a reader can go on after an item that is gone by now. */
  ordered(): readonly Item[] {
    return [...this.all()].sort((a, b) => this.compareKeys(a, b));
  }

  compareKeys(a: Item, b: Item): number {
    return this.keyNames.reduce((order, name) => order || compare(a[name]!, b[name]!)!, 0);
  }

  keyOf(item: Item): Item {
    return Object.fromEntries(this.keyNames.map((name) => [name, item[name]!]));
  }

  /** One text for the same key. */
  identity(key: Item): string {
    return JSON.stringify(this.keyNames.map((name) => {
      const value = key[name];
      return value && [typeOf(value), value.B ? base64(value.B) : value.S ?? value.N];
    }));
  }

  /** Refuses what is no key of this table. What type a key attribute has, the first key says. */
  refuseOtherKey(key: Item): void {
    const names = Object.keys(key);
    if (names.length !== this.keyNames.length || !this.keyNames.every((name) => names.includes(name) && this.fits(name, key[name]!))) {
      throw invalid('The provided key element does not match the schema');
    }
    this.refuseKeyValues(key);
  }

  refuseItemWithoutKey(item: Item): void {
    for (const name of this.keyNames) {
      const value = item[name];
      if (!value) { throw invalid(`One or more parameter values were invalid: Missing the key ${name} in the item`); }
      if (!this.fits(name, value)) {
        throw invalid(`One or more parameter values were invalid: Type mismatch for key ${name} expected: ${this.types.get(name) ?? 'S'} actual: ${typeOf(value)}`);
      }
    }
    this.refuseKeyValues(item);
  }

  /** From now on the key attributes have these types. */
  learnTypes(key: Item): void {
    for (const name of this.keyNames) { this.types.set(name, typeOf(key[name]!)); }
  }

  fits(name: string, value: AttributeValue): boolean {
    const known = this.types.get(name);
    return known ? known === typeOf(value) : ['S', 'N', 'B'].includes(typeOf(value));
  }

  private refuseKeyValues(key: Item): void {
    for (const name of this.keyNames) {
      const value = key[name]!;
      const length = value.B ? value.B.length : Buffer.byteLength(value.S ?? value.N!);
      const role = name === this.key.partitionKey ? 'partition' : 'sort';
      if (length === 0) {
        throw invalid('One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty '
          + `${value.B ? 'binary' : 'string'} value. Key: ${name}`);
      }
      if (length > longestKey[role]) {
        throw invalid('One or more parameter values were invalid: '
          + `Size of ${role === 'partition' ? 'hash' : 'range'}key has exceeded the maximum size limit of ${longestKey[role]} bytes`);
      }
    }
  }
}
