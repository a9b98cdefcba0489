import { randomUUID } from 'node:crypto';
import { type AttributeValue, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { clients } from './clients';
import { deadLettersIn } from './dead-letters';
import type { DeployedStack } from './deployed-stack';
import { eventually } from './eventually';
import { type ConsumerLine, consumerLines, logged } from './function-log';
import type { Task } from './stacks/task-given';

/** A task with an id that no other test has; what it does is noted behind the others of its group, if it has one. */
export function task(script: Task['script'], group?: string): Task {
  return { id: `${script}-${randomUUID()}`, script, ...(group === undefined ? {} : { content: group }) };
}

/** A function of a deployed `ConsumersStack`: a test looks at what became of the tasks that its source brought. */
export class TestedConsumer {
  private readonly aws = clients();

  /** @param id What the stack calls the function. */
  constructor(private readonly stack: DeployedStack, private readonly id: string) {}

  /** How often the task counted. */
  async effectsOf({ id }: Pick<Task, 'id'>): Promise<number> {
    return Number((await this.item(id))?.effects?.N ?? 0);
  }

  /** How often the handler has begun with the task. */
  async runsOf({ id }: Pick<Task, 'id'>): Promise<number> {
    return Number((await this.item(`runs of ${id}`))?.runs?.N ?? 0);
  }

  /** When the task counted, in the time of the function. */
  async finished({ id }: Pick<Task, 'id'>): Promise<number> {
    return Number((await this.item(id))?.finished?.N);
  }

  /** What has counted in a group, in this order. */
  async doneIn(group: string): Promise<string[]> {
    return (await this.item(group))?.done?.L?.map(({ S = '' }) => S) ?? [];
  }

  /** How often something was charged for, and with how many keys. */
  async chargesOf(id: string) {
    const item = await this.item(`charges of ${id}`);
    return { times: Number(item?.effects?.N ?? 0), keys: item?.askedWith?.SS?.length ?? 0 };
  }

  /** What a task that needs it waits for. */
  async repair({ id }: Task): Promise<void> {
    await this.aws.dynamodb.send(new PutItemCommand({ TableName: this.stack.output('EffectsTable'), Item: { id: this.ours(`repaired ${id}`) } }));
  }

  /** What the consumer logged about the event with a key. */
  async linesAbout({ id }: Pick<Task, 'id'>): Promise<ConsumerLine[]> {
    const lines = await consumerLines(this.aws.logs, this.stack.output(`${this.id}Name`), this.stack.output(`${this.id}LogGroup`));
    return lines.filter(({ key }) => key === id);
  }

  async log(): Promise<string> {
    return (await logged(this.aws.logs, this.stack.output(`${this.id}Name`), this.stack.output(`${this.id}LogGroup`))).join('\n');
  }

  /** The letters about a task, or about a group of tasks, in their order. */
  async lettersAbout(what: string) {
    return (await deadLettersIn(this.aws.sqs, this.stack.output(`${this.id}DeadLettersUrl`)))
      .map((found) => ({ ...found, body: found.message.Body! })).filter(({ body }) => body.includes(what));
  }

  /** Holds the consumer back until everything is sent: it gets it in one batch. */
  async afterwards(send: () => Promise<void>): Promise<void> {
    await this.consume(false);
    await send();
    await this.consume(true);
  }

  private async consume(Enabled: boolean): Promise<void> {
    const mapping = async () => {
      const { EventSourceMappings } = await this.aws.lambda.send(new ListEventSourceMappingsCommand({ FunctionName: this.stack.output(`${this.id}Name`) }));
      return EventSourceMappings![0]!;
    };
    await this.aws.lambda.send(new UpdateEventSourceMappingCommand({ UUID: (await mapping()).UUID, Enabled }));
    await eventually(async () => expect((await mapping()).State).toBe(Enabled ? 'Enabled' : 'Disabled'));
  }

  /** What is kept under an id. */
  async item(id: string): Promise<Record<string, AttributeValue> | undefined> {
    const { Item } = await this.aws.dynamodb.send(new GetItemCommand({ TableName: this.stack.output('EffectsTable'), Key: { id: this.ours(id) }, ConsistentRead: true }));
    return Item;
  }

  private ours(id: string): AttributeValue {
    return { S: `${this.id}/${id}` };
  }
}
