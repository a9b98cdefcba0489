import { type Change, OrderedModel, type OrderedOptions } from './ordered-model';
import type { Write } from '../../lambda';

/** The key of an account's entity. */
export const keyOf = ({ account }: Change) => ({ orderId: account });

/** Adds to the account's balance: done twice, it would show. */
export const adds = (change: Change, more: object = {}): Write => ({
  Update: { TableName: 'orders', Key: keyOf(change), UpdateExpression: 'ADD balance :amount', ExpressionAttributeValues: { ':amount': change.amount }, ...more },
});

/** A queue before a consumer that keeps its memory in the entity. */
export const givenEntity = (write: (change: Change) => Write | readonly Write[] = adds, options: OrderedOptions = {}) => new OrderedModel({
  settings: { idempotency: 'entity' }, process: (change, { tx }) => tx.write(...[write(change)].flat()), ...options,
});

/** The entity of an account as it is stored. */
export const entityIn = (model: OrderedModel, account = 'a') => model.table.db.items('orders').find(({ orderId }) => orderId === account);

/** A place as it is stored. */
export const placeAt = (place: number) => String(place).padStart(64, '0');
