import { gapless, OrderedModel, type OrderedOptions } from './ordered-model';

/** A standard queue before a consumer of events without gaps. */
export const givenGapless = (options: OrderedOptions = {}) => new OrderedModel({ on: gapless, ...options });

/** The same behind a FIFO queue, which forgets what is parked. */
export const givenForgetful = (options: OrderedOptions = {}) => givenGapless({ fifo: true, ...options });

/** A message of a group of its own, so that its group does not keep the order. */
export const apart = (place: number) => ({ group: `group-${place}` });
