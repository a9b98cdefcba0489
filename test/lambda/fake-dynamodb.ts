import { type AttributeValue, ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Fault } from './memory-store';

type Item = Record<string, AttributeValue>;
interface Request {
  readonly TableName: string;
  readonly Key?: Item;
  readonly Item?: Item;
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Item;
  readonly TransactItems?: readonly Record<string, Request>[];
  readonly RequestItems?: Record<string, { readonly Keys: readonly Item[] }>;
  readonly ReturnValues?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

/** One table by the partition key `id`, which reads the expressions that it gets: as much of DynamoDB as our store and that of Powertools need. */
export class FakeDynamoDB {
  readonly items = new Map<string, Item>();
  readonly requests: { readonly name: string; readonly input: Request }[] = [];
  /** Errors to answer with, before anything is done. */
  readonly failures: unknown[] = [];

  /** What a function calls. */
  client(fault: Fault = () => {}): DynamoDBClient {
    const send = async (command: { readonly input: unknown; readonly constructor: { readonly name: string } }) => {
      const [name, input] = [command.constructor.name.replace('Command', ''), command.input as Request];
      this.requests.push({ name, input });
      if (this.failures.length > 0) { throw this.failures.shift(); }
      await fault(name, 'before');
      const answer = this.answer(name, input);
      await fault(name, 'after');
      return answer;
    };
    return Object.assign(new DynamoDBClient({ region: 'eu-west-1' }), { send });
  }

  private answer(name: string, input: Request) {
    if (name === 'BatchGetItem') {
      return {
        Responses: Object.fromEntries(Object.entries(input.RequestItems!).map(([table, { Keys }]) => {
          check(Keys.length >= 1 && Keys.length <= 100 && new Set(Keys.map(keyOf)).size === Keys.length, 'one to a hundred different keys');
          return [table, Keys.map((key) => this.items.get(keyOf(key))).filter((item) => item !== undefined)];
        })),
      };
    }
    if (name === 'GetItem') { return { Item: this.items.get(keyOf(input.Key!)) }; }
    if (name === 'TransactWriteItems') { return this.transact(input.TransactItems!.map((item) => Object.entries(item)[0]!)); }
    if (!this.meets(input)) {
      const Item = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? this.items.get(keyOf(input.Key ?? input.Item!)) : undefined;
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {}, ...(Item ? { Item } : {}) });
    }
    this.write(name.replace('Item', ''), input);
    return input.ReturnValues === 'ALL_NEW' ? { Attributes: this.items.get(keyOf(input.Key ?? input.Item!)) } : {};
  }

  private transact(items: readonly (readonly [string, Request])[]) {
    check(items.length <= 100, 'at most a hundred items');
    const reasons = items.map(([, request]) => this.meets(request) ? { Code: 'None' } : { Code: 'ConditionalCheckFailed' });
    if (reasons.some(({ Code }) => Code !== 'None')) {
      throw Object.assign(new Error('Transaction cancelled'), { name: 'TransactionCanceledException', CancellationReasons: reasons });
    }
    items.forEach(([kind, request]) => this.write(kind, request));
    return {};
  }

  private meets(request: Request): boolean {
    const { UpdateExpression = '', ConditionExpression = '' } = request;
    const tokens = new Set(`${UpdateExpression} ${ConditionExpression}`.match(/[#:]\w+/g));
    const given = [...Object.keys(request.ExpressionAttributeNames ?? {}), ...Object.keys(request.ExpressionAttributeValues ?? {})];
    check(given.every((name) => tokens.has(name)), `unused in expressions: ${given.filter((name) => !tokens.has(name)).join()}`);
    check([...tokens].every((token) => given.includes(token)), 'an expression uses a name or value that is not given');
    return ConditionExpression === '' || new Condition(ConditionExpression, request, this.items.get(keyOf(request.Key ?? request.Item!)) ?? {}).isMet();
  }

  private write(kind: string, request: Request): void {
    const key = keyOf(request.Key ?? request.Item!);
    if (kind === 'Delete') { this.items.delete(key); }
    if (kind === 'Put') { this.items.set(key, request.Item!); }
    if (kind !== 'Update') { return; }
    const item: Item = { ...request.Key, ...this.items.get(key) };
    for (const [, clause, list] of request.UpdateExpression!.matchAll(/(SET|REMOVE|ADD)\s+(.*?)(?=\s+(?:SET|REMOVE|ADD)\s|$)/g)) {
      for (const action of list!.split(/,\s*/)) {
        const [path = '', value = ''] = action.split(/\s*=\s*|\s+/);
        const name = request.ExpressionAttributeNames?.[path] ?? path;
        if (clause === 'SET') { item[name] = request.ExpressionAttributeValues![value]!; }
        if (clause === 'REMOVE') { delete item[name]; }
        if (clause === 'ADD') { item[name] = { N: String(Number(item[name]?.N ?? 0) + Number(request.ExpressionAttributeValues![value]!.N)) }; }
      }
    }
    this.items.set(key, item);
  }
}

/** `AND` binds stronger than `OR`; what compares with an attribute that is not there is false. */
class Condition {
  private readonly tokens: string[];

  constructor(expression: string, private readonly request: Request, private readonly item: Item) {
    this.tokens = expression.match(/[#:]?\w+|[()<=]/g) ?? [];
  }

  isMet(): boolean {
    let met = this.all();
    while (this.tokens[0] === 'OR') {
      this.tokens.shift();
      met = this.all() || met;
    }
    return met;
  }

  private all(): boolean {
    let met = this.one();
    while (this.tokens[0] === 'AND') {
      this.tokens.shift();
      met = this.one() && met;
    }
    return met;
  }

  private one(): boolean {
    const token = this.tokens.shift();
    if (token === '(') {
      const met = this.isMet();
      this.tokens.shift();
      return met;
    }
    if (token === 'attribute_not_exists' || token === 'attribute_exists') {
      const [, path] = this.tokens.splice(0, 3);
      return (this.value(path!) !== undefined) === (token === 'attribute_exists');
    }
    const [operator, right] = this.tokens.splice(0, 2);
    const [a, b] = [this.value(token!), this.value(right!)] as [number | undefined, number | undefined];
    if (a === undefined || b === undefined) { return false; }
    return operator === '<' ? a < b : a === b;
  }

  private value(token: string): unknown {
    const found = token.startsWith(':') ? this.request.ExpressionAttributeValues![token] : this.item[this.request.ExpressionAttributeNames?.[token] ?? token];
    return found && unmarshall({ found }).found;
  }
}

const keyOf = (item: Item) => item.id!.S!;

function check(condition: boolean, problem: string): void {
  if (!condition) { throw Object.assign(new Error(problem), { name: 'ValidationException' }); }
}
