import type { Item } from './attribute-value';
import { type KeyAttributes, Table } from './table';

/** The tables, and how their keys were found out: declared, seen in a request, or taken for `id` because an item was put first. */
export class Tables {
  private readonly known = new Map<string, { readonly table: Table; readonly assumed: boolean }>();

  declare(name: string, key: KeyAttributes): void {
    const { table } = this.known.get(name) ?? {};
    if (table && table.all().length > 0 && !sameNames(table.keyNames, new Table(name, key).keyNames)) {
      throw new Error(`The table ${name} has items with the key ${table.keyNames.join(' and ')} already: declare it before it is used.`);
    }
    if (!table || table.all().length === 0) { this.known.set(name, { table: new Table(name, key), assumed: false }); }
  }

  find(name: string): Table | undefined {
    return this.known.get(name)?.table;
  }

  /** The table of a request that gives a key: that is the key of a table which nobody has declared, its partition key first. */
  forKey(name: string, key: Item): Table {
    const names = Object.keys(key);
    const found = this.known.get(name);
    const learns = !found || found.table.all().length === 0 && found.assumed;
    if (found?.assumed && !learns && !sameNames(found.table.keyNames, names)) {
      throw new Error(`An item was put into the table ${name} before its key was known, so it was taken for "id"; now the key is ${names.join(' and ')}. ${cure(name)}`);
    }
    if (!learns) { return found.table; }
    const [partitionKey, sortKey] = names;
    if (partitionKey === undefined) { throw new Error(`The key of the table ${name} is not known. ${cure(name)}`); }
    return this.know(name, { partitionKey, ...(sortKey === undefined ? {} : { sortKey }) }, false);
  }

  /** The table of a request that gives an item, whose key shows only in a declaration: by itself it is `id`. */
  forItem(name: string, item: Item): Table {
    const table = this.find(name);
    if (table) { return table; }
    if (!Object.hasOwn(item, 'id')) { throw new Error(`The key of the table ${name} is not known, and the item has no "id". ${cure(name)}`); }
    return this.know(name, { partitionKey: 'id' }, true);
  }

  forQuery(name: string): Table {
    const table = this.find(name);
    if (!table) { throw new Error(`The key of the table ${name} is not known. ${cure(name)}`); }
    return table;
  }

  private know(name: string, key: KeyAttributes, assumed: boolean): Table {
    const table = new Table(name, key);
    this.known.set(name, { table, assumed });
    return table;
  }
}

const cure = (name: string) => `Declare it first: table('${name}', { partitionKey: '…' }), with the sortKey if there is one.`;

const sameNames = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((name) => b.includes(name));
