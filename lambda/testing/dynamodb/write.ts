import type { ConditionCheck, Delete, Put, ReturnValue, Update } from '@aws-sdk/client-dynamodb';
import { acceptedItem, type Item } from './attribute-value';
import { project } from './document-path';
import { largestItem, sizeOf } from './item-size';
import { invalid } from './refusals';
import { expressionsOf, isMet, type ReadExpressions } from './request';
import type { Table } from './table';
import type { Tables } from './tables';
import { updated } from './update';

export type Action =
  | { readonly kind: 'Put'; readonly request: Put }
  | { readonly kind: 'Update'; readonly request: Omit<Update, 'UpdateExpression'> & { readonly UpdateExpression?: string | undefined } }
  | { readonly kind: 'Delete'; readonly request: Delete }
  | { readonly kind: 'ConditionCheck'; readonly request: ConditionCheck };

/** An item changes from one image to the other; the same image twice is no change. */
export interface Step {
  readonly table: Table;
  readonly key: Item;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

/** One write, read and checked as far as that goes without the table. */
export class Write {
  readonly table: Table;
  /** The key, or the item that holds it. */
  readonly given: Item;
  private readonly expressions: ReadExpressions;

  constructor(readonly action: Action, tables: Tables) {
    this.expressions = expressionsOf(action.request);
    const name = action.request.TableName ?? '';
    this.given = acceptedItem((action.kind === 'Put' ? action.request.Item : action.request.Key) ?? {});
    if (Object.hasOwn(this.given, '')) { throw invalid('One or more parameter values were invalid: An attribute name may not be empty'); }
    this.table = action.kind === 'Put' ? tables.forItem(name, this.given) : tables.forKey(name, this.given);
    if (action.kind === 'Put') { refuseTooLarge(this.given, 'Item size has exceeded the maximum allowed size'); }
  }

  /** Refuses what does not fit the table; a transaction says so of the item, not of the request. */
  refuseMisfit(): void {
    if (this.action.kind === 'Put') { this.table.refuseItemWithoutKey(this.given); } else { this.table.refuseOtherKey(this.given); }
    for (const { path: [name] } of this.expressions.update) {
      if (this.table.keyNames.includes(name)) { throw invalid(`One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`); }
    }
  }

  get before(): Item | undefined {
    return this.table.get(this.given);
  }

  get conditionIsMet(): boolean {
    return isMet(this.expressions.condition, this.before);
  }

  /** What would change; nothing has yet. */
  step(): Step {
    return { table: this.table, key: this.table.keyOf(this.given), before: this.before, after: this.after() };
  }

  /** What the request wants to hear of the change. */
  attributes({ before, after }: Step, wanted: ReturnValue | undefined): Item | undefined {
    const paths = this.expressions.update.map(({ path }) => path);
    switch (wanted) {
      case 'ALL_OLD': return before;
      case 'ALL_NEW': return after;
      case 'UPDATED_OLD': return nonEmpty(project(before ?? {}, paths));
      case 'UPDATED_NEW': return nonEmpty(project(after ?? {}, paths));
      default: return undefined;
    }
  }

  private after(): Item | undefined {
    switch (this.action.kind) {
      case 'Put': return this.given;
      case 'Delete': return undefined;
      case 'ConditionCheck': return this.before;
      case 'Update': {
        const after = updated(this.before ?? this.given, this.expressions.update);
        refuseTooLarge(after, 'Item size to update has exceeded the maximum allowed size');
        return after;
      }
    }
  }
}

function refuseTooLarge(item: Item, message: string): void {
  if (sizeOf(item) > largestItem) { throw invalid(message); }
}

const nonEmpty = (item: Item) => Object.keys(item).length > 0 ? item : undefined;
