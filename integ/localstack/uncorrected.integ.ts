import { BusUnderTest } from './bus-under-test';
import { type Clients, clientsOf } from './clients';
import { type RunningLocalStack, startLocalStack } from './localstack';
import { pretendedResources } from './pretended';
import { StackUnderTest } from './stack-under-test';

// The corrections switched off: each trap is there. A test below fails when LocalStack is put right, and the correction can go.

let localstacks: RunningLocalStack[] = [];
let bare: Clients;
let withoutReplayFilter: Clients;

beforeAll(async () => {
  localstacks = await Promise.all([startLocalStack({ uncorrected: ['all'] }), startLocalStack({ uncorrected: ['replay-filter'] })]);
  [bare, withoutReplayFilter] = localstacks.map(({ endpoint }) => clientsOf(endpoint)) as [Clients, Clients];
});

afterAll(async () => { await Promise.all(localstacks.map((localstack) => localstack.stop())); });

test('without the correction, a replay cannot be started', async () => {
  const bus = await BusUnderTest.create(bare);
  const rule = await bus.rule();
  const archive = await bus.archive();
  await bus.publish({ orderId: 'o-7' });
  await rule.next();

  await expect(bus.replay(archive)).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
});

test('without the correction, a number in a text loses the delivery without a trace', async () => {
  const bus = await BusUnderTest.create(bare);
  const rule = await bus.rule({ InputPathsMap: { price: '$.detail.price' }, InputTemplate: '"costs <price>"' });

  await bus.publish({ price: 12.5 });
  await bus.publish({ price: 'nothing' });

  expect(await rule.next()).toContain('costs nothing');
  expect(await rule.next(1)).toBeUndefined();
});

test('without the correction, CloudFormation only pretends to create an archive', async () => {
  const bus = await BusUnderTest.create(bare);

  const stack = await StackUnderTest.create({ Resources: { Archive: { Type: 'AWS::Events::Archive', Properties: { SourceArn: bus.arn } } } }, bare);

  expect(await pretendedResources(bare.cloudformation, stack.name)).toEqual([{ logicalId: 'Archive', type: 'AWS::Events::Archive' }]);
});

test('without the correction, a replay with FilterArns reaches rules that it does not name', async () => {
  const bus = await BusUnderTest.create(withoutReplayFilter);
  const [named, unnamed] = [await bus.rule(), await bus.rule()];
  const archive = await bus.archive();
  await bus.publish({ orderId: 'o-7' });
  await Promise.all([named.next(), unnamed.next()]);

  await bus.replay(archive, [named.arn]);

  expect(JSON.parse(String(await unnamed.next())).detail).toEqual({ orderId: 'o-7' });
});
