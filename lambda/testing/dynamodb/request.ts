import type { Item } from './attribute-value';
import { meets } from './condition';
import { ConditionParser } from './condition-parser';
import type { DocumentPath } from './document-path';
import type { Condition, UpdateAction } from './expression';
import { Placeholders } from './placeholders';
import { ProjectionParser } from './projection-parser';
import { UpdateParser } from './update-parser';

/** The parts of requests that hold expressions, as far as a request may have them. */
export interface Expressions {
  readonly ConditionExpression?: string | undefined;
  readonly FilterExpression?: string | undefined;
  readonly KeyConditionExpression?: string | undefined;
  readonly ProjectionExpression?: string | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
}

/** The expressions of a request, read; none of them has seen an item yet. */
export interface ReadExpressions {
  readonly condition: Condition | undefined;
  readonly filter: Condition | undefined;
  readonly keyCondition: Condition | undefined;
  readonly projection: readonly DocumentPath[] | undefined;
  readonly update: readonly UpdateAction[];
}

const parametersOfOld = [
  'AttributesToGet', 'AttributeUpdates', 'ConditionalOperator', 'Expected', 'IndexName', 'KeyConditions', 'QueryFilter', 'ScanFilter', 'Segment', 'TotalSegments',
];

/** Reads the expressions, and refuses what is wrong with them whatever the item. */
export function expressionsOf(request: Expressions): ReadExpressions {
  for (const name of parametersOfOld) {
    if ((request as Record<string, unknown>)[name] !== undefined) { throw new Error(`MemoryDynamoDB does not know ${name}: it reads expressions, and has no indexes.`); }
  }
  const placeholders = new Placeholders(request);
  const condition = (what: 'ConditionExpression' | 'FilterExpression' | 'KeyConditionExpression') => {
    const expression = request[what];
    return expression === undefined ? undefined : new ConditionParser(what, expression, placeholders).parse();
  };
  const { ConditionExpression, FilterExpression, KeyConditionExpression, ProjectionExpression, UpdateExpression } = request;
  const read = {
    update: UpdateExpression === undefined ? [] : new UpdateParser(UpdateExpression, placeholders).parse(),
    condition: condition('ConditionExpression'),
    keyCondition: condition('KeyConditionExpression'),
    filter: condition('FilterExpression'),
    projection: ProjectionExpression === undefined ? undefined : new ProjectionParser('ProjectionExpression', ProjectionExpression, placeholders).parse(),
  };
  placeholders.refuseUnused([ConditionExpression, FilterExpression, KeyConditionExpression, ProjectionExpression, UpdateExpression]);
  return read;
}

export function isMet(condition: Condition | undefined, item: Item | undefined): boolean {
  return condition === undefined || meets(condition, item ?? {});
}
