import { randomUUID } from 'node:crypto';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { PurgeQueueCommand, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { App } from 'aws-cdk-lib';
import { clients } from './clients';
import { deadLettersIn, redrive } from './dead-letters';
import { deploy, destroy, synthesize } from './deployment';
import { eventually } from './eventually';
import { type ConsumerLine, consumerLines, logged } from './function-log';
import { depth } from './queue-contents';
import type { Task } from './stacks/task-given';
import { TasksStack } from './stacks/tasks-stack';

/** A deployed `TasksStack`: a test gives it tasks and looks at what became of them. */
export class Tasks {
  /** Deploys the stack before the tests of the file, and takes it down after them where it would outlive them. */
  static deployed(name: string, props: ConstructorParameters<typeof TasksStack>[2] = {}): Tasks {
    const tasks = new Tasks();
    const buildApp = (outdir: string) => {
      const app = new App({ outdir });
      new TasksStack(app, name, props);
      return app;
    };
    let assembly: Awaited<ReturnType<typeof synthesize>>;
    beforeAll(async () => {
      assembly = await synthesize(buildApp);
      tasks.outputs = (await deploy(assembly))[name]!;
    });
    afterAll(async () => {
      if (!process.env.INTEG_ENDPOINT_IS_OURS) { await destroy(assembly); }
      await assembly.dispose();
    });
    return tasks;
  }

  private readonly aws = clients();
  private outputs: Record<string, string> = {};

  /** A task with an id that no other test has. */
  task(script: Task['script']): Task {
    return { id: `${script}-${randomUUID()}`, script };
  }

  /** Sends tasks, or bodies as they are, in one request. */
  async give(...tasks: readonly (Task | string)[]): Promise<void> {
    const { Failed = [] } = await this.aws.sqs.send(new SendMessageBatchCommand({
      QueueUrl: this.outputs.QueueUrl,
      Entries: tasks.map((task, index) => ({
        Id: String(index),
        MessageBody: typeof task === 'string' ? task : JSON.stringify(task),
        MessageAttributes: { correlationId: { DataType: 'String', StringValue: typeof task === 'string' ? 'unreadable' : `cause-of-${task.id}` } },
      })),
    }));
    expect(Failed).toEqual([]);
  }

  /** The same, with the consumer held back until all are there: it gets them in one batch. */
  async giveTogether(...tasks: readonly (Task | string)[]): Promise<void> {
    await this.consume(false);
    await this.give(...tasks);
    await this.consume(true);
  }

  /** Sends one body that is too large for a batch. */
  async giveAlone(body: string): Promise<void> {
    await this.aws.sqs.send(new SendMessageCommand({ QueueUrl: this.outputs.QueueUrl, MessageBody: body }));
  }

  /** How often the task counted. */
  async effectsOf({ id }: Task): Promise<number> {
    const { Item } = await this.aws.dynamodb.send(new GetItemCommand({ TableName: this.outputs.EffectsTable, Key: { id: { S: id } }, ConsistentRead: true }));
    return Number(Item?.effects?.N ?? 0);
  }

  /** What the consumer logged about a task. */
  async linesAbout({ id }: Task): Promise<ConsumerLine[]> {
    return (await consumerLines(this.aws.logs, this.outputs.FunctionName!, this.outputs.LogGroup!)).filter(({ key }) => key === id);
  }

  async log(): Promise<string[]> {
    return logged(this.aws.logs, this.outputs.FunctionName!, this.outputs.LogGroup!);
  }

  async deadLetters() {
    return (await deadLettersIn(this.aws.sqs, this.outputs.DeadLetterQueueUrl!)).map((found) => ({ ...found, body: found.message.Body! }));
  }

  /** Empties the dead-letter queue for the next test. */
  async clearDeadLetters(): Promise<void> {
    await this.aws.sqs.send(new PurgeQueueCommand({ QueueUrl: this.outputs.DeadLetterQueueUrl }));
  }

  /** What the tasks that need it wait for. */
  async repair(): Promise<void> {
    await this.aws.dynamodb.send(new PutItemCommand({ TableName: this.outputs.EffectsTable, Item: { id: { S: 'repaired' } } }));
  }

  /** Moves every dead letter back to the queue. */
  async redrive(): Promise<void> {
    await redrive(this.aws.sqs, this.outputs.DeadLetterQueueArn!, this.outputs.QueueArn!);
  }

  /** Waits until the queue is empty: every message handled or set aside. */
  async atRest(): Promise<void> {
    await eventually(async () => expect(await depth(this.aws.sqs, this.outputs.QueueUrl!)).toBe(0), 90_000);
  }

  private async consume(Enabled: boolean): Promise<void> {
    const mapping = async () => {
      const { EventSourceMappings } = await this.aws.lambda.send(new ListEventSourceMappingsCommand({ FunctionName: this.outputs.FunctionName }));
      return EventSourceMappings![0]!;
    };
    await this.aws.lambda.send(new UpdateEventSourceMappingCommand({ UUID: (await mapping()).UUID, Enabled }));
    await eventually(async () => expect((await mapping()).State).toBe(Enabled ? 'Enabled' : 'Disabled'));
  }
}
