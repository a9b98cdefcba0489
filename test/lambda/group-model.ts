import { type Change, deposited, itemOf, nameOf, OrderedModel, type OrderedOptions } from './ordered-model';
import { Poison } from '../../lambda';

/** Movements of an account, whose only order is that of their queue. */
export const moved = { ...deposited, orderBy: undefined, key: ({ account, place }: Change) => [account, String(place)] } as unknown as typeof deposited;

/** A FIFO queue whose handler fails on what is broken, until that is repaired. */
export function givenGroups({ fails = {}, ...options }: OrderedOptions & { readonly fails?: Record<string, () => never> } = {}) {
  const broken = new Map(Object.entries(fails));
  const model = new OrderedModel({
    on: [moved], fifo: true, ...options,
    process: options.process ?? ((change, { tx }) => { broken.get(nameOf(change))?.(); tx.write(itemOf(change)); }),
  });
  return { model, repair: () => broken.clear() };
}

export const poison = () => { throw new Poison('no', { reason: 'No' }); };

/** Which events were set aside, in order. */
export const names = (model: OrderedModel) => model.letters.map(({ body }) => nameOf((JSON.parse(body) as { data: Change }).data));

/** Why they were set aside. */
export const reasons = (model: OrderedModel) => model.letters.map(({ reason }) => reason);
