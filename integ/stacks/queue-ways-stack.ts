import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { ConsumersStack } from './consumers-stack';
import { taskGiven } from './task-given';

/** A queue that is sent to directly, by two topics and by a bus. */
export class QueueWaysStack extends ConsumersStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const queue = this.queue('Tasks', { entry: 'queued-tasks' });

    const wrapping = new Topic(this, 'Wrapping');
    wrapping.addSubscription(new SqsSubscription(queue));
    const raw = new Topic(this, 'Raw');
    raw.addSubscription(new SqsSubscription(queue, { rawMessageDelivery: true }));
    const bus = new EventBus(this, 'Bus');
    new Rule(this, 'Rule', { eventBus: bus, eventPattern: { source: [taskGiven.source], detailType: [taskGiven.type] }, targets: [new SqsQueue(queue)] });

    this.output('WrappingTopicArn', wrapping.topicArn);
    this.output('RawTopicArn', raw.topicArn);
    this.output('BusName', bus.eventBusName);
  }
}
