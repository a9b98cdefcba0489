import type {
  BatchGetItemCommandInput, BatchGetItemCommandOutput, GetItemCommandInput, QueryCommandInput, ScanCommandInput, TransactGetItemsCommandInput,
} from '@aws-sdk/client-dynamodb';
import { acceptedItem, compare, copy, type Item } from './attribute-value';
import { type DocumentPath, project } from './document-path';
import type { Condition } from './expression';
import { sizeOf } from './item-size';
import { keyRangeOf } from './key-condition';
import { invalid, isInvalid, transactionCanceled } from './refusals';
import { expressionsOf, isMet, type ReadExpressions } from './request';
import type { Table } from './table';
import type { Tables } from './tables';
import { refuseCount, refuseRepetition } from './transaction';

const mostAtOnce = 100; // keys of one BatchGetItem
const largestPage = 1024 * 1024; // bytes that a query or a scan looks at

export function getItem(request: GetItemCommandInput, tables: Tables) {
  const { projection } = expressionsOf(request);
  const key = acceptedItem(request.Key ?? {});
  const table = tables.forKey(request.TableName ?? '', key);
  table.refuseOtherKey(key);
  return itemAnswer(table.get(key), projection);
}

export function batchGetItem({ RequestItems = {} }: BatchGetItemCommandInput, tables: Tables) {
  const count = Object.values(RequestItems).reduce((sum, { Keys = [] }) => sum + Keys.length, 0);
  if (Object.keys(RequestItems).length === 0) {
    throw invalid("1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1");
  }
  if (count > mostAtOnce) { throw invalid('Too many items requested for the BatchGetItem call'); }
  const Responses: NonNullable<BatchGetItemCommandOutput['Responses']> = {};
  for (const [name, request] of Object.entries(RequestItems)) {
    const { projection } = expressionsOf(request);
    const keys = (request.Keys ?? []).map((key) => acceptedItem(key));
    if (keys.length === 0) { throw invalid(`The list of keys in RequestItems for BatchGetItem is required: ${name} has empty list`); }
    const table = tables.forKey(name, keys[0]!);
    keys.forEach((key) => table.refuseOtherKey(key));
    if (new Set(keys.map((key) => table.identity(key))).size < keys.length) { throw invalid('Provided list of item keys contains duplicates'); }
    Responses[name] = keys.flatMap((key) => {
      const { Item: item } = itemAnswer(table.get(key), projection);
      return item ? [item] : [];
    });
  }
  return { Responses, UnprocessedKeys: {} };
}

export function transactGetItems({ TransactItems = [] }: TransactGetItemsCommandInput, tables: Tables) {
  refuseCount(TransactItems);
  const gets = TransactItems.map(({ Get: request = { TableName: undefined, Key: undefined } }) => {
    const given = acceptedItem(request.Key ?? {});
    return { table: tables.forKey(request.TableName ?? '', given), given, projection: expressionsOf(request).projection };
  });
  refuseRepetition(gets);
  const reasons = gets.map(({ table, given }) => {
    try {
      table.refuseOtherKey(given);
      return { Code: 'None' };
    } catch (error) {
      if (!isInvalid(error)) { throw error; }
      return { Code: 'ValidationError', Message: error.message };
    }
  });
  if (reasons.some(({ Code }) => Code !== 'None')) { throw transactionCanceled(reasons); }
  return { Responses: gets.map(({ table, given, projection }) => itemAnswer(table.get(given), projection)) };
}

export function query(request: QueryCommandInput, tables: Tables) {
  const expressions = expressionsOf(request);
  const { keyCondition, filter } = expressions;
  if (!keyCondition) { throw invalid('Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.'); }
  const table = tables.forQuery(request.TableName ?? '');
  const { partition, includes } = keyRangeOf(keyCondition, table);
  const used = filter && namesIn(filter).find((name) => table.keyNames.includes(name));
  if (used !== undefined) { throw invalid(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${used}`); }
  const inRange = (item: Item) => compare(item[table.key.partitionKey]!, partition) === 0 && includes(item);
  return page(request, table, table.ordered().filter(inRange), expressions, (startKey) => {
    if (!inRange(startKey)) { throw invalid('The provided starting key is outside query boundaries based on provided conditions'); }
  });
}

export function scan(request: ScanCommandInput, tables: Tables) {
  const expressions = expressionsOf(request);
  const table = tables.find(request.TableName ?? '');
  return table ? page(request, table, table.ordered(), expressions) : { Items: [], Count: 0, ScannedCount: 0 };
}

/** As many items as the limit lets the request look at, and where to go on. What the filter drops was looked at. */
function page(
  request: QueryCommandInput | ScanCommandInput,
  table: Table,
  items: readonly Item[],
  { filter, projection }: ReadExpressions,
  refuseStart = (_key: Item) => {},
) {
  const { Limit: limit = Infinity, ExclusiveStartKey: startKey } = request;
  if (limit < 1) {
    throw invalid(`1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1`);
  }
  const direction = 'ScanIndexForward' in request && request.ScanIndexForward === false ? -1 : 1;
  const remaining = (startKey ? after(acceptedItem(startKey), table, items, direction, refuseStart) : [...items])
    .sort((a, b) => direction * table.compareKeys(a, b));
  const seen: Item[] = [];
  let bytes = 0;
  for (const item of remaining) {
    if (seen.length >= limit || bytes > largestPage) { break; }
    seen.push(item);
    bytes += sizeOf(item);
  }
  const found = seen.filter((item) => isMet(filter, item));
  const last = seen.length >= limit || seen.length < remaining.length ? seen.at(-1) : undefined;
  return {
    ...(request.Select === 'COUNT' ? {} : { Items: found.map((item) => copy(projection ? project(item, projection) : item)) }),
    Count: found.length,
    ScannedCount: seen.length,
    ...(last ? { LastEvaluatedKey: copy(table.keyOf(last)) } : {}),
  };
}

function after(startKey: Item, table: Table, items: readonly Item[], direction: number, refuse: (key: Item) => void): Item[] {
  try {
    table.refuseOtherKey(startKey);
  } catch {
    throw invalid('The provided starting key is invalid: The provided key element does not match the schema');
  }
  refuse(startKey);
  return items.filter((item) => direction * table.compareKeys(item, startKey) > 0);
}

function itemAnswer(item: Item | undefined, projection: readonly DocumentPath[] | undefined): { Item?: Item } {
  return item ? { Item: copy(projection ? project(item, projection) : item) } : {};
}

function namesIn(condition: Condition): string[] {
  const names: string[] = [];
  JSON.stringify(condition, (_key, part: unknown) => {
    const { kind, path } = (part ?? {}) as { kind?: unknown; path?: readonly string[] };
    if (kind === 'path' && path) { names.push(path[0]!); }
    return part;
  });
  return names;
}
