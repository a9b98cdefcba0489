import type { Construct } from 'constructs';
import { ConsumersStack } from './consumers-stack';

/** Two FIFO queues: poison lets its group go on in the one, and stops it in the other. */
export class FifoStack extends ConsumersStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.queue('Continuing', { entry: 'queued-tasks', fifo: true });
    this.queue('Parking', { entry: 'queued-tasks', handler: 'parking', fifo: true });
  }
}
