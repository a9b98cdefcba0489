import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { ConsumersStack } from './consumers-stack';
import { taskGiven } from './task-given';

/** Functions that are invoked asynchronously: by a topic, by a rule, and by whoever may. */
export class PushedStack extends ConsumersStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const topic = new Topic(this, 'Topic');
    topic.addSubscription(new LambdaSubscription(this.consumer('Notified', { entry: 'topic-tasks', source: { kind: 'sns', arn: topic.topicArn } })));
    this.output('TopicArn', topic.topicArn);

    const bus = new EventBus(this, 'Bus');
    const routed = this.consumer('Routed', { entry: 'event-tasks', source: { kind: 'eventbridge', arn: bus.eventBusArn } });
    new Rule(this, 'Rule', { eventBus: bus, eventPattern: { source: [taskGiven.source], detailType: [taskGiven.type] }, targets: [new LambdaFunction(routed)] });
    this.output('BusName', bus.eventBusName);

    // Lambda gives up before the handler does
    const invoked = this.consumer('Invoked', { entry: 'async-tasks', source: { kind: 'lambda' }, maxAttempts: 5 });
    const failures = new Queue(this, 'Failures');
    invoked.configureAsyncInvoke({ onFailure: new SqsDestination(failures) });
    this.output('FailuresUrl', failures.queueUrl);
  }
}
