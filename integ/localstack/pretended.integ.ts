import { clientsOf } from './clients';
import { failOnPretended, pretendedResources } from './pretended';
import { StackUnderTest } from './stack-under-test';

const { cloudformation } = clientsOf();
const queue = { Queue: { Type: 'AWS::SQS::Queue' } };

test('a stack of what LocalStack can create passes', async () => {
  const stack = await StackUnderTest.create({ Resources: queue });

  await failOnPretended(cloudformation, stack.name);
});

test('fails on a resource that LocalStack only pretended to create, naming it and the remedy', async () => {
  const stack = await StackUnderTest.create({ Resources: { ...queue, Cluster: { Type: 'AWS::MSK::Cluster', Properties: {} } } });

  expect(await pretendedResources(cloudformation, stack.name)).toEqual([{ logicalId: 'Cluster', type: 'AWS::MSK::Cluster' }]);
  await expect(failOnPretended(cloudformation, stack.name)).rejects.toThrow(/Cluster \(AWS::MSK::Cluster\).*name the type with a reason/);
});

test('finds what was only pretended in a later update', async () => {
  const stack = await StackUnderTest.create({ Resources: queue });

  await stack.update({ Resources: { ...queue, Cluster: { Type: 'AWS::MSK::Cluster', Properties: {} } } });

  expect(await pretendedResources(cloudformation, stack.name)).toEqual([{ logicalId: 'Cluster', type: 'AWS::MSK::Cluster' }]);
});

test('lets types pass that are known and named with a reason', async () => {
  const stack = await StackUnderTest.create({ Resources: { Metadata: { Type: 'AWS::CDK::Metadata' }, Board: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: '{}' } } } });

  expect(await pretendedResources(cloudformation, stack.name)).toEqual([]);
});
