import { randomUUID } from 'node:crypto';
import { CreateStackCommand, DeleteStackCommand, DescribeStacksCommand, UpdateStackCommand } from '@aws-sdk/client-cloudformation';
import pWaitFor from 'p-wait-for';
import { clientsOf } from './clients';

/** A stack from a bare template. */
export class StackUnderTest {
  /** Fails when the stack cannot be created. */
  public static async create(template: object, clients = clientsOf()): Promise<StackUnderTest> {
    const stack = new StackUnderTest(`stack-${randomUUID()}`, clients);
    await clients.cloudformation.send(new CreateStackCommand({ StackName: stack.name, TemplateBody: JSON.stringify(template) }));
    await stack.settle('CREATE_COMPLETE');
    return stack;
  }

  private constructor(public readonly name: string, private readonly clients = clientsOf()) {}

  public async update(template: object): Promise<void> {
    await this.clients.cloudformation.send(new UpdateStackCommand({ StackName: this.name, TemplateBody: JSON.stringify(template) }));
    await this.settle('UPDATE_COMPLETE');
  }

  public async delete(): Promise<void> {
    // a deleted stack is known by its id only
    const id = (await this.describe()).StackId;
    await this.clients.cloudformation.send(new DeleteStackCommand({ StackName: this.name }));
    await this.settle('DELETE_COMPLETE', id);
  }

  public async outputs(): Promise<Record<string, string | undefined>> {
    return Object.fromEntries(((await this.describe()).Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  }

  private async settle(wanted: string, id = this.name): Promise<void> {
    await pWaitFor(async () => {
      const { StackStatus: status = '', StackStatusReason: reason = '' } = await this.describe(id);
      if (/FAILED|ROLLBACK/.test(status)) { throw new Error(`${status}: ${reason}`); }
      return status === wanted;
    }, { interval: 100, timeout: 60_000 });
  }

  private async describe(id = this.name) {
    return (await this.clients.cloudformation.send(new DescribeStacksCommand({ StackName: id }))).Stacks![0]!;
  }
}
