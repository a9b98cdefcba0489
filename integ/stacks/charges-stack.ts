import type { Construct } from 'constructs';
import { ConsumersStack } from './consumers-stack';

/** A queue whose consumer has an effect outside of its transaction. */
export class ChargesStack extends ConsumersStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.queue('Charges', { entry: 'charges' });
  }
}
