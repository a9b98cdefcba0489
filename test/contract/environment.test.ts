import { Aws, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { consumerVariable, readConsumerEnvironment } from '../../lambda/environment';
import { PointToPointQueue, type PointToPointQueueProps } from '../../src';
import { givenConsumer } from '../given';

const reader = { name: 'queueConsumer', kinds: ['sqs'] as const };

interface Deployed { readonly Properties: { readonly Environment: { readonly Variables: object } } }

/** A queue whose handler has just been deployed: what its function finds in its environment. */
function given(props: Partial<PointToPointQueueProps> = {}) {
  const { stack, consumer } = givenConsumer();
  const orders = new PointToPointQueue(stack, 'Orders', { consumer, ...props });
  const functions = Template.fromStack(stack).findResources('AWS::Lambda::Function');
  const { Properties } = functions[Stack.of(consumer).getLogicalId(consumer.node.defaultChild as never)] as Deployed;
  const deployed = Object.fromEntries(Object.entries(Properties.Environment.Variables).map(([name, value]) => [name, deploy(value)]));
  const resolved = (token: string) => deploy(stack.resolve(token));
  return { orders, variables: deployed, resolved };
}

/** What CloudFormation would make of a value. */
function deploy(value: unknown): string {
  if (typeof value === 'string') { return value; }
  const [[name, argument]] = Object.entries(value as object) as [[string, unknown]];
  switch (name) {
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(deploy).join(separator);
    }
    case 'Fn::GetAtt': return `arn:aws:sqs:eu-west-1:123456789012:${(argument as string[])[0]}`;
    case 'Ref': return argument === 'AWS::Region' ? 'eu-west-1' : `https://sqs.eu-west-1.amazonaws.com/123456789012/${String(argument)}`;
    default: throw new Error(`nobody has said what ${name} becomes`);
  }
}

test('the handler can read what the construct has set, and finds every field', () => {
  const { orders, variables, resolved } = given();

  expect(readConsumerEnvironment(reader, variables)).toEqual({
    v: 1,
    id: 'Shop/Orders',
    construct: 'Shop/Orders',
    source: { kind: 'sqs', arn: resolved(orders.queue.queueArn), url: resolved(orders.queue.queueUrl) },
    deadLetterQueue: resolved(orders.deadLetterQueue.queue.queueUrl),
    idempotency: { table: resolved(orders.idempotencyTable.table.tableName), rememberFor: Duration.days(23).toSeconds() },
    maxAttempts: 5,
    retry: { delay: 1, maxDelay: 900 },
  });
});

test('the handler finds what was set on the construct', () => {
  const { variables } = given({
    consumerId: 'orders', maxAttempts: 1, retryDelay: Duration.minutes(1), maxRetryDelay: Duration.hours(12), retentionPeriod: Duration.days(1), rememberFor: Duration.days(30),
  });

  expect(readConsumerEnvironment(reader, variables)).toMatchObject({
    id: 'orders', construct: 'Shop/Orders', maxAttempts: 1, retry: { delay: 60, maxDelay: 43_200 }, idempotency: { rememberFor: 30 * 86_400 },
  });
});

test('the handler can read an id with every character that JSON and CloudFormation might mistake for their own', () => {
  const { variables } = given({ consumerId: 'a "quoted" \\ {id} of é and \u{1F600}' });

  expect(readConsumerEnvironment(reader, variables).id).toBe('a "quoted" \\ {id} of é and \u{1F600}');
});

test('the handler can read an id that only the deployment knows', () => {
  const { variables } = given({ consumerId: `orders-${Aws.REGION}` });

  expect(readConsumerEnvironment(reader, variables).id).toBe('orders-eu-west-1');
});

test('the handler names the construct when something is wrong with what it has set', () => {
  const { variables } = given();
  const broken = { ...JSON.parse(variables[consumerVariable]!) as object, deadLetterQueue: '' };

  expect(() => readConsumerEnvironment(reader, { [consumerVariable]: JSON.stringify(broken) })).toThrow(`${consumerVariable}, set by Shop/Orders: deadLetterQueue is "", not a text`);
});
