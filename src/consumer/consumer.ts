import { CfnResource, Duration, Stack, Token } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { CfnFunction, Function as LambdaFunction, IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { DeadLetterQueue } from '../dead-letter/dead-letter-queue';
import { IdempotencyTable } from '../idempotency/idempotency-table';
import { Outbox } from '../outbox/outbox';
import { known } from '../private/check';
import { CONSUMER_VARIABLE } from '../private/consumer-variable';

/** What a consumer is fed by, as its handler needs to know it. */
export type ConsumerSource =
  | { readonly kind: 'sqs'; readonly arn: string; readonly url: string; readonly fifo?: boolean }
  | { readonly kind: 'kinesis' | 'dynamodb' | 'sns' | 'eventbridge'; readonly arn: string }
  | { readonly kind: 'lambda' };

/** What a consumer works with besides its source. */
export interface ConsumerBinding {
  readonly consumerId: string;
  readonly source: ConsumerSource;
  readonly deadLetterQueue: DeadLetterQueue;
  readonly idempotencyTable: IdempotencyTable;
  readonly rememberFor: Duration;
  readonly outbox?: Outbox;
  readonly maxAttempts: number;
  readonly retryDelay: Duration;
  readonly maxRetryDelay: Duration;
}

/** Which of our constructs a function consumes: its one variable tells it of one source. */
const sources = new WeakMap<IFunction, Construct>();

/** Says why a function cannot be told of its queue. */
export function consumerProblem(consumer: IFunction, queue: Construct): string | undefined {
  const { path } = consumer.node;
  const type = resourceType(consumer);
  if (type === 'AWS::Lambda::Alias' || type === 'AWS::Lambda::Version') {
    const kind = type === 'AWS::Lambda::Alias' ? 'an alias' : 'a version';
    return `consumer ${path} is ${kind}, whose environment cannot be set; pass the function itself`;
  }
  if (type !== 'AWS::Lambda::Function') {
    return `consumer ${path} is not a function that this app makes, so its environment cannot be set; pass a ConsumerFunction or a Function of this app`;
  }
  const other = sources.get(consumer);
  if (other) { return `consumer ${path} already consumes ${other.node.path}; give each queue a function of its own`; }
  return sameEnvironment('consumer', consumer, queue);
}

/** Amazon SQS, its dead-letter queue and Lambda meet only within one account and region. */
export function sameEnvironment(prop: string, part: Construct | IFunction, queue: Construct): string | undefined {
  const [theirs, ours] = [Stack.of(part), Stack.of(queue)];
  const differs = (a: string, b: string) => !Token.isUnresolved(a) && !Token.isUnresolved(b) && a !== b;
  if (!differs(theirs.account, ours.account) && !differs(theirs.region, ours.region)) { return undefined; }
  return `${prop} ${part.node.path} is in ${environment(theirs)}, but the queue is in ${environment(ours)}; put both into one account and region`;
}

/** How long one invocation may take; `undefined` when it is not a function that we know. */
export function timeoutOf(consumer: IFunction): Duration | undefined {
  const resource = resourceOf(consumer);
  // three seconds are what Lambda itself takes
  return resource && ((consumer as LambdaFunction).timeout ?? Duration.seconds(resource.timeout ?? 3));
}

/** How many invocations may run side by side, if there is such a limit and synthesis knows it. */
export function reservedConcurrencyOf(consumer: IFunction): number | undefined {
  return known(resourceOf(consumer)?.reservedConcurrentExecutions);
}

/** Tells the function what it consumes, lets it do what its handler does, and keeps what fails when it is invoked asynchronously. */
export function bindConsumer(consumer: IFunction, construct: Construct, binding: ConsumerBinding): Grant[] {
  const { consumerId, source, deadLetterQueue, idempotencyTable, rememberFor, outbox, maxAttempts, retryDelay, maxRetryDelay } = binding;
  sources.set(consumer, construct);
  const handler = consumer as LambdaFunction;
  handler.addEnvironment(CONSUMER_VARIABLE, Stack.of(handler).toJsonString({
    v: 1,
    id: consumerId,
    construct: construct.node.path,
    source,
    deadLetterQueue: deadLetterQueue.queue.queueUrl,
    idempotency: { table: idempotencyTable.table.tableName, rememberFor: rememberFor.toSeconds() },
    ...(outbox ? { outbox: { table: outbox.table.tableName } } : {}),
    maxAttempts,
    retry: { delay: retryDelay.toSeconds(), maxDelay: maxRetryDelay.toSeconds() },
  }));

  const resource = resourceOf(consumer);
  // Lambda takes no FIFO queue for what it gives up
  if (resource && resource.deadLetterConfig === undefined && !deadLetterQueue.queue.fifo) {
    resource.deadLetterConfig = { targetArn: deadLetterQueue.queue.queueArn };
  }
  return [deadLetterQueue.grantSend(consumer), idempotencyTable.grantUse(consumer, consumerId), ...(outbox ? [outbox.grantEmit(consumer)] : [])];
}

function resourceOf(consumer: IFunction): CfnFunction | undefined {
  return resourceType(consumer) === 'AWS::Lambda::Function' ? consumer.node.defaultChild as CfnFunction : undefined;
}

function resourceType(consumer: IFunction): string | undefined {
  const child = consumer.node.defaultChild;
  return child && CfnResource.isCfnResource(child) ? child.cfnResourceType : undefined;
}

function environment({ account, region }: Stack): string {
  return `${Token.isUnresolved(account) ? 'an unknown account' : account}/${Token.isUnresolved(region) ? 'an unknown region' : region}`;
}
