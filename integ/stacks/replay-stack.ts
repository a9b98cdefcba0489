import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { ConsumersStack } from './consumers-stack';
import { taskGiven } from './task-given';

/** A bus that archives what it carries, for a function that counts it once and one that counts it once for each replay. */
export class ReplayStack extends ConsumersStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const bus = new EventBus(this, 'Bus');
    const eventPattern = { source: [taskGiven.source], detailType: [taskGiven.type] };
    const source = { kind: 'eventbridge', arn: bus.eventBusArn } as const;
    const once = this.consumer('Once', { entry: 'event-tasks', source });
    const forEachReplay = this.consumer('ForEachReplay', { entry: 'event-tasks', handler: 'onceForEachReplay', source });
    new Rule(this, 'Rule', { eventBus: bus, eventPattern, targets: [new LambdaFunction(once), new LambdaFunction(forEachReplay)] });
    const archive = bus.archive('Archive', { eventPattern });
    this.output('BusName', bus.eventBusName);
    this.output('BusArn', bus.eventBusArn);
    this.output('ArchiveArn', archive.archiveArn);
  }
}
