import { allowed, told, type Resource, type Statement } from '../given';

type Resources = Record<string, Resource>;

const DAY = 86_400;

/**
 * What a template breaks of the promises that a queue makes, by the names of the traps in the catalogue. It looks at what is deployed and at
 * nothing else, so it holds whatever the flags, the encryption or the shape of the app.
 */
export function brokenPromises(template: Resources): string[] {
  const mappings = Object.values(template).filter(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping');
  return mappings.length === 0 ? ['there is no queue'] : mappings.flatMap((mapping) => [...brokenBy(mapping, template)]);
}

function* brokenBy(mapping: Resource, template: Resources): Generator<string> {
  const at = (reference: unknown): Resource | undefined => template[(reference as { 'Fn::GetAtt'?: string[] })?.['Fn::GetAtt']?.[0] ?? (reference as { Ref?: string })?.Ref ?? ''];
  const { Properties: source, ...queue } = at(mapping.Properties.EventSourceArn)!;
  const { Properties: handler } = at(mapping.Properties.FunctionName)!;

  const dead = at(source.RedrivePolicy?.deadLetterTargetArn);
  if (!dead) { yield 'Q1: no dead-letter queue'; return; }
  const deadLetters = dead.Properties;
  const consumer = told({ Type: '', Properties: handler });
  const table = at(JSON.parse(consumer.idempotency.table))!;
  const visible = source.VisibilityTimeout;

  if (source.RedrivePolicy.maxReceiveCount * visible > source.MessageRetentionPeriod) { yield 'Q1: a crashing consumer outlasts the retention'; }
  if (deadLetters.MessageRetentionPeriod - source.MessageRetentionPeriod < 7 * DAY) { yield 'Q2: dead letters vanish within a week'; }
  if (source.RedrivePolicy.maxReceiveCount < 5) { yield 'Q3: one throttle makes a dead letter'; }
  if (source.RedrivePolicy.maxReceiveCount < consumer.maxAttempts + 4) { yield 'Q3: receives end before tries do'; }
  if (visible < 6 * (handler.Timeout ?? 3) + (mapping.Properties.MaximumBatchingWindowInSeconds ?? 0)) { yield 'Q4: a second run beside the first'; }
  if (!mapping.Properties.FunctionResponseTypes?.includes('ReportBatchItemFailures')) { yield 'Q5: one message fails its batch'; }
  const reserved = handler.ReservedConcurrentExecutions;
  if (reserved !== undefined && !(mapping.Properties.ScalingConfig?.MaximumConcurrency <= reserved)) { yield 'Q12: throttles use up receives'; }

  const sources = deadLetters.RedriveAllowPolicy?.sourceQueueArns ?? [];
  if (deadLetters.RedriveAllowPolicy?.redrivePermission !== 'byQueue') { yield 'Q15: anybody may redrive here'; }
  if (!sources.some((arn: unknown) => JSON.stringify(arn).includes(JSON.stringify(source.QueueName['Fn::Join'][1]).slice(1, -1).replace(/^"/, '')))) {
    yield 'Q15: the queue itself may not redrive here';
  }
  if (!encrypted(source) || !encrypted(deadLetters)) { yield 'Q16: not encrypted, or with a key that nobody else may use'; }
  for (const [name, { DeletionPolicy, UpdateReplacePolicy }] of Object.entries({ queue, dead, table })) {
    if (DeletionPolicy !== 'Retain' || UpdateReplacePolicy !== 'Retain') { yield `Q17: the ${name} is deleted with what it holds`; }
  }
  if (source.MaximumMessageSize + 16 * 1024 > deadLetters.MaximumMessageSize) { yield 'Q19: no room for the reason'; }

  if (consumer.idempotency.rememberFor < 2 * source.MessageRetentionPeriod + deadLetters.MessageRetentionPeriod) { yield 'I1: forgotten before it comes back'; }
  if (!table.Properties.DeletionProtectionEnabled || !table.Properties.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled) { yield 'I8: the memory can be lost'; }

  for (const arn of [mapping.Properties.EventSourceArn, source.RedrivePolicy.deadLetterTargetArn]) {
    if (!Object.values(template).some((policy) => policy.Type === 'AWS::SQS::QueuePolicy' && tlsOnly(policy, arn))) { yield 'reached without TLS'; }
  }
  if (!handler.DeadLetterConfig) { yield 'L1: asynchronous invocations vanish'; }
  yield* brokenPermissions(mapping, template, { handler, source, deadLetters, table, consumer });
}

type Parts = Record<'handler' | 'source' | 'deadLetters' | 'table' | 'consumer', any>;

function* brokenPermissions(mapping: Resource, template: Resources, { handler, source, deadLetters, table, consumer }: Parts): Generator<string> {
  const role = handler.Role['Fn::GetAtt'][0];
  const policies = Object.entries(template)
    .filter(([, { Type, Properties }]) => Type === 'AWS::IAM::Policy' && Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role));
  const statements: Statement[] = policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
  const may = (arn: unknown, ...actions: string[]) => actions.every((action) =>
    allowed(statements, arn).includes(action));

  const reading = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes', 'ChangeMessageVisibility'].map((name) => `sqs:${name}`);
  if (!may(mapping.Properties.EventSourceArn, ...reading)) { yield 'the consumer may not read'; }
  if (!may(source.RedrivePolicy.deadLetterTargetArn, 'sqs:SendMessage')) { yield 'the consumer may not dead-letter'; }
  if (source.KmsMasterKeyId && !may(source.KmsMasterKeyId, 'kms:Decrypt')) { yield 'Q16: the consumer may not decrypt'; }
  if (deadLetters.KmsMasterKeyId && !may(deadLetters.KmsMasterKeyId, 'kms:Decrypt', 'kms:GenerateDataKey')) { yield 'Q16: the consumer may not encrypt dead letters'; }
  const tableKey = table.Properties.SSESpecification?.KMSMasterKeyId;
  if (tableKey && !may(tableKey, 'kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey')) { yield 'Q16: the consumer may not use the memory'; }
  if (!statements.some(({ Condition }) => JSON.stringify(Condition)?.includes(`["${consumer.id}#*"]`))) { yield 'the consumer reaches the memory of others'; }
  if (statements.some(({ Action }) => [Action].flat().some((action) => action.includes('*')))) { yield 'a wildcard action'; }
  if (!policies.some(([id]) => mapping.DependsOn?.includes(id))) { yield 'the mapping may come before its permissions'; }
}

function encrypted(queue: Resource['Properties']): boolean {
  return queue.KmsMasterKeyId ? queue.KmsMasterKeyId !== 'alias/aws/sqs' : queue.SqsManagedSseEnabled === true;
}

function tlsOnly({ Properties }: Resource, arn: unknown): boolean {
  return Properties.PolicyDocument.Statement.some((statement: Statement & { Effect: string }) => statement.Effect === 'Deny'
    && JSON.stringify(statement.Resource) === JSON.stringify(arn) && JSON.stringify(statement.Condition).includes('"aws:SecureTransport":"false"'));
}
