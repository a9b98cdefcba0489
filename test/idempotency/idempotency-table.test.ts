import { Stack, Token } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { IdempotencyTable } from '../../src';
import { allowed, givenConsumer, givenStack, messageOf, permissions, rendered, resources } from '../given';

test('survives deletion of the stack, and mistakes', () => {
  const { table } = new IdempotencyTable(givenStack(), 'FinishedWork');

  expect(rendered(table)).toMatchObject({
    Type: 'AWS::DynamoDB::Table',
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: { DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
  });
});

test('has the key and the expiry that the handler writes, and pays per request', () => {
  const { table } = new IdempotencyTable(givenStack(), 'FinishedWork');

  expect(rendered(table).Properties).toMatchObject({
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
  });
});

test('lets a consumer reach its own records and no others', () => {
  const { stack, consumer } = givenConsumer();
  const records = new IdempotencyTable(stack, 'FinishedWork');

  records.grantUse(consumer, 'orders');

  expect(permissions(consumer)).toEqual([{
    Effect: 'Allow',
    Action: ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    Resource: [stack.resolve(records.table.tableArn)],
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['orders#*'] } },
  }]);
});

test('lets a consumer use the key as well, action by action', () => {
  const { stack, consumer } = givenConsumer();
  const encryptionKey = new Key(stack, 'Key');
  const records = new IdempotencyTable(stack, 'FinishedWork', { encryptionKey });

  records.grantUse(consumer, 'orders');

  expect(rendered(records.table).Properties.SSESpecification).toEqual({ SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: stack.resolve(encryptionKey.keyArn) });
  expect(allowed(permissions(consumer), stack.resolve(encryptionKey.keyArn))).toEqual(
    ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo']);
});

test('is one for the stack, and one for each key in it', () => {
  const stack = givenStack();
  const [key, other] = [new Key(stack, 'Key'), new Key(stack, 'Other')];

  const [table, encrypted] = [IdempotencyTable.of(stack), IdempotencyTable.of(stack, key)];
  IdempotencyTable.of(stack, other);

  expect(IdempotencyTable.of(key)).toBe(table);
  expect(IdempotencyTable.of(other, key)).toBe(encrypted);
  expect(Object.values(resources(stack)).filter(({ Type }) => Type === 'AWS::DynamoDB::Table')).toHaveLength(3);
});

test('is another one in another stack', () => {
  const stack = givenStack();

  expect(IdempotencyTable.of(new Stack(stack.node.scope!, 'Office'))).not.toBe(IdempotencyTable.of(stack));
});

test.each(['', 'a#b', 'orders*', 'order?', '${aws:username}', 'two\nlines', 'x'.repeat(513)])('fails on the consumer id %j', (consumerId) => {
  const { stack, consumer } = givenConsumer();

  expect(messageOf(() => new IdempotencyTable(stack, 'FinishedWork').grantUse(consumer, consumerId))).toBe(
    `[Shop/FinishedWork] IdempotencyTable: consumerId is '${consumerId}', set it to 1 to 512 characters `
    + "without '#', '*', '?' and '$', which have a meaning in keys and permissions");
});

test('fails on a consumer id that another consumer has', () => {
  const { stack, consumer } = givenConsumer();
  const records = new IdempotencyTable(stack, 'FinishedWork');
  records.grantUse(consumer, 'orders');

  expect(messageOf(() => records.grantUse(consumer, 'orders'))).toBe(
    "[Shop/FinishedWork] IdempotencyTable: consumerId is 'orders', as that of another consumer in Shop/FinishedWork: each would take the other's messages for done; set one of its own");
});

test('takes a consumer id that only the deployment knows', () => {
  const { stack, consumer } = givenConsumer();

  new IdempotencyTable(stack, 'FinishedWork').grantUse(consumer, Token.asString({ Ref: 'Parameter' }));

  expect(permissions(consumer)[0]?.Condition).toEqual({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [{ 'Fn::Join': ['', [{ Ref: 'Parameter' }, '#*']] }] } });
});
