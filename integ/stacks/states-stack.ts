import type { Construct } from 'constructs';
import { ConsumersStack } from './consumers-stack';

/** A queue for each way to keep events in order. */
export class StatesStack extends ConsumersStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.queue('Gated', { entry: 'states', handler: 'gated' });
    this.queue('InEntity', { entry: 'states', handler: 'inEntity' });
    this.queue('Gapless', { entry: 'states', handler: 'gapless' });
  }
}
