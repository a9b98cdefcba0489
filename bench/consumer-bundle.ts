import { bundle } from './bundles';
import { figure } from './figure';

/** The size of a bundled handler, over the same handler with the usual Powertools set. */
export async function measureConsumerBundle() {
  return figure('consumer.bundle', 'KB', 'the usual Powertools set, bundled the same way', await bundle());
}
