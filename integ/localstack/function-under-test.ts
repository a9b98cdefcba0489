import { randomUUID } from 'node:crypto';
import { paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { CreateFunctionCommand, type CreateFunctionCommandInput, DeleteFunctionCommand, GetFunctionConfigurationCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import pWaitFor from 'p-wait-for';
import { clientsOf } from './clients';

/** What came of an invocation. */
export interface Answer {
  /** The payload, parsed. */
  readonly value: any;
  /** `Unhandled` when the payload describes an error. */
  readonly error?: string;
  /** The lines that the invocation left in the log. */
  readonly log: string[];
}

/** A function in the emulator. */
export class FunctionUnderTest {
  constructor(public readonly name: string, private readonly clients = clientsOf()) {}

  /** Invokes it and waits for the answer. */
  public async invoke(event: unknown = {}, clientContext?: unknown): Promise<Answer> {
    const answer = await this.clients.lambda.send(new InvokeCommand({
      FunctionName: this.name,
      Payload: Buffer.from(JSON.stringify(event)),
      LogType: 'Tail',
      ClientContext: clientContext === undefined ? undefined : Buffer.from(JSON.stringify(clientContext)).toString('base64'),
    }));
    return {
      value: JSON.parse(Buffer.from(answer.Payload!).toString()),
      error: answer.FunctionError,
      log: Buffer.from(answer.LogResult ?? '', 'base64').toString().split('\n'),
    };
  }

  /** What CloudWatch Logs has of it. */
  public async logged(): Promise<string[]> {
    const lines: string[] = [];
    for await (const { events } of paginateFilterLogEvents({ client: this.clients.logs }, { logGroupName: `/aws/lambda/${this.name}` })) {
      lines.push(...(events ?? []).map(({ message }) => String(message).trimEnd()));
    }
    return lines;
  }

  public async delete(): Promise<void> {
    await this.clients.lambda.send(new DeleteFunctionCommand({ FunctionName: this.name }));
  }
}

/** Creates a function from the text of its code, or from several files. */
export async function givenFunction(
  code: string | Record<string, string>, options: Partial<CreateFunctionCommandInput> = {}, clients = clientsOf(),
): Promise<FunctionUnderTest> {
  const name = `function-${randomUUID()}`;
  const files = typeof code === 'string' ? { 'index.js': code } : code;
  await clients.lambda.send(new CreateFunctionCommand({
    FunctionName: name,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: 'arn:aws:iam::000000000000:role/function',
    Timeout: 20,
    Code: { ZipFile: zipSync(Object.fromEntries(Object.entries(files).map(([file, text]) => [file, strToU8(text)]))) },
    ...options,
  }));
  await pWaitFor(async () => {
    const { State, StateReason } = await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    if (State === 'Failed') { throw new Error(StateReason); }
    return State === 'Active';
  }, { interval: 50, timeout: 20_000 });
  return new FunctionUnderTest(name, clients);
}
