import { randomUUID } from 'node:crypto';
import {
  CreateArchiveCommand, CreateEventBusCommand, DescribeReplayCommand, type InputTransformer, PutEventsCommand, PutRuleCommand, PutTargetsCommand,
  StartReplayCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { eventually } from '../eventually';
import { type Clients, clientsOf } from './clients';

/** A rule of the bus and the queue that it sends to. */
export interface RuleUnderTest {
  readonly arn: string;
  /** Waits for the next message and takes it away; undefined when none comes. */
  next(seconds?: number): Promise<string | undefined>;
}

/** An event bus in the emulator. */
export class BusUnderTest {
  public static async create(clients = clientsOf()): Promise<BusUnderTest> {
    const name = `bus-${randomUUID()}`;
    const { EventBusArn } = await clients.events.send(new CreateEventBusCommand({ Name: name }));
    return new BusUnderTest(name, EventBusArn!, clients);
  }

  private constructor(public readonly name: string, public readonly arn: string, private readonly clients: Clients) {}

  /** A rule for every event with a detail-type of `Order`. */
  public async rule(transformer?: InputTransformer): Promise<RuleUnderTest> {
    const name = `rule-${randomUUID()}`;
    const { QueueUrl } = await this.clients.sqs.send(new CreateQueueCommand({ QueueName: name }));
    const { RuleArn } = await this.clients.events.send(new PutRuleCommand({ Name: name, EventBusName: this.name, EventPattern: '{ "detail-type": ["Order"] }' }));
    const target = { Id: 'queue', Arn: `arn:aws:sqs:us-east-1:000000000000:${name}`, InputTransformer: transformer };
    await this.clients.events.send(new PutTargetsCommand({ Rule: name, EventBusName: this.name, Targets: [target] }));
    const next = async (seconds = 10) => {
      const { Messages } = await this.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: seconds }));
      const message = Messages?.[0];
      if (message) { await this.clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle })); }
      return message?.Body;
    };
    return { arn: RuleArn!, next };
  }

  /** Gives the arn of an archive that keeps every event from now on. */
  public async archive(): Promise<string> {
    const { ArchiveArn } = await this.clients.events.send(new CreateArchiveCommand({ ArchiveName: randomUUID(), EventSourceArn: this.arn }));
    return ArchiveArn!;
  }

  public async publish(detail: unknown, time?: Date): Promise<void> {
    const entry = { EventBusName: this.name, Source: 'shop', DetailType: 'Order', Detail: JSON.stringify(detail), Time: time };
    await this.clients.events.send(new PutEventsCommand({ Entries: [entry] }));
  }

  /** Replays what the archive got in the last hour, and waits until that is complete. */
  public async replay(archiveArn: string, filterArns?: string[]): Promise<string> {
    const ReplayName = randomUUID();
    await this.clients.events.send(new StartReplayCommand({
      ReplayName,
      EventSourceArn: archiveArn,
      EventStartTime: new Date(Date.now() - 3_600_000),
      EventEndTime: new Date(Date.now() + 60_000),
      Destination: { Arn: this.arn, FilterArns: filterArns },
    }));
    await eventually(async () => {
      const { State } = await this.clients.events.send(new DescribeReplayCommand({ ReplayName }));
      expect(State).toBe('COMPLETED');
    });
    return ReplayName;
  }
}
