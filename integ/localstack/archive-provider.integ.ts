import { DescribeArchiveCommand, ListArchivesCommand } from '@aws-sdk/client-eventbridge';
import { BusUnderTest } from './bus-under-test';
import { clientsOf } from './clients';
import { StackUnderTest } from './stack-under-test';

const { events } = clientsOf();

const archive = (properties: Record<string, unknown>) => ({
  Resources: { Archive: { Type: 'AWS::Events::Archive', Properties: properties } },
  Outputs: { Name: { Value: { Ref: 'Archive' } }, Arn: { Value: { 'Fn::GetAtt': ['Archive', 'Arn'] } } },
});

test('CloudFormation creates an archive, changes it and deletes it', async () => {
  const bus = await BusUnderTest.create();
  const properties = { ArchiveName: `archive-${Date.now()}`, SourceArn: bus.arn, Description: 'orders', RetentionDays: 7, EventPattern: { source: ['shop'] } };

  const stack = await StackUnderTest.create(archive(properties));

  const { Name: ArchiveName, Arn } = await stack.outputs();
  expect(ArchiveName).toBe(properties.ArchiveName);
  expect(Arn).toBe(`arn:aws:events:us-east-1:000000000000:archive/${ArchiveName}`);
  const created = await events.send(new DescribeArchiveCommand({ ArchiveName }));
  expect(created).toMatchObject({ ArchiveArn: Arn, EventSourceArn: bus.arn, Description: 'orders', RetentionDays: 7, State: 'ENABLED' });
  expect(JSON.parse(String(created.EventPattern))).toEqual({ source: ['shop'] });

  await stack.update(archive({ ...properties, RetentionDays: 30, Description: 'all orders' }));
  expect(await events.send(new DescribeArchiveCommand({ ArchiveName }))).toMatchObject({ RetentionDays: 30, Description: 'all orders' });
  expect(await stack.outputs()).toEqual({ Name: ArchiveName, Arn });

  await stack.delete();
  expect((await events.send(new ListArchivesCommand({ NamePrefix: ArchiveName }))).Archives).toEqual([]);
});

test('CloudFormation names an archive that has no name, within 48 characters', async () => {
  const bus = await BusUnderTest.create();

  const stack = await StackUnderTest.create(archive({ SourceArn: bus.arn }));

  const { Name: ArchiveName } = await stack.outputs();
  expect(String(ArchiveName).length).toBeLessThanOrEqual(48);
  expect(await events.send(new DescribeArchiveCommand({ ArchiveName }))).toMatchObject({ EventSourceArn: bus.arn });
});

test('an archive of CloudFormation keeps what the bus carries', async () => {
  const bus = await BusUnderTest.create();
  const rule = await bus.rule();
  const stack = await StackUnderTest.create(archive({ SourceArn: bus.arn, EventPattern: { 'detail-type': ['Order'] } }));
  await bus.publish({ orderId: 'o-7' });
  await rule.next();

  await bus.replay(String((await stack.outputs()).Arn));

  expect(JSON.parse(String(await rule.next())).detail).toEqual({ orderId: 'o-7' });
});

test('a stack whose archive is wrong fails, and leaves nothing', async () => {
  const nowhere = 'arn:aws:events:us-east-1:000000000000:event-bus/nowhere';

  await expect(StackUnderTest.create(archive({ ArchiveName: 'of-nothing', SourceArn: nowhere }))).rejects.toThrow();

  expect((await events.send(new ListArchivesCommand({ NamePrefix: 'of-nothing' }))).Archives).toEqual([]);
});
