import { type CloudWatchLogsClient, DescribeLogGroupsCommand, type FilteredLogEvent, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';

/** A line that the consumer has logged about one message. */
export interface ConsumerLine {
  readonly message: string;
  readonly correlationId: string;
  readonly key?: string;
  readonly attempt?: number;
  readonly outcome?: string;
  readonly copies?: number;
  readonly reason?: string;
}

/** Everything that a function has logged. */
export async function logged(logs: CloudWatchLogsClient, functionName: string, logGroup: string): Promise<string[]> {
  const events: FilteredLogEvent[] = [];
  // Lambda writes to the log group that the function names; LocalStack writes to the one of the function's own name
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
  for (const { logGroupName } of logGroups.filter((group) => [logGroup, `/aws/lambda/${functionName}`].includes(group.logGroupName!))) {
    for await (const page of paginateFilterLogEvents({ client: logs }, { logGroupName })) { events.push(...page.events ?? []); }
  }
  return events.flatMap(({ message = '' }) => message.split('\n')).filter((line) => line !== '');
}

/** What the consumer has logged, line by line. */
export async function consumerLines(logs: CloudWatchLogsClient, functionName: string, logGroup: string): Promise<ConsumerLine[]> {
  return (await logged(logs, functionName, logGroup)).filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as ConsumerLine);
}
