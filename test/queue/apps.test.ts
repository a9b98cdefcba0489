import { App, NestedStack, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { brokenPromises } from './promises';
import { DeadLetterQueue, IdempotencyTable, PointToPointQueue } from '../../src';
import { flagsOff, flagsOn, givenFunction, givenStack, logicalId, rendered, resources, told } from '../given';

const flags = Object.entries({ 'no flags': {}, 'all recommended flags': flagsOn, 'all flags off': flagsOff });

describe.each(flags)('under %s', (_, context) => {
  test('a stack of several queues keeps every promise, and shares one table', () => {
    const stack = givenStack(context);
    const encryptionKey = new Key(stack, 'Key');
    const deadLetterQueue = new DeadLetterQueue(stack, 'DeadLetters', { encryptionKey });

    for (const id of ['A', 'B', 'C']) { new PointToPointQueue(stack, id, { consumer: givenFunction(stack, `Consume${id}`), encryptionKey, deadLetterQueue }); }

    const all = resources(stack);
    expect(brokenPromises(all)).toEqual([]);
    expect(Object.values(all).filter(({ Type }) => Type === 'AWS::DynamoDB::Table')).toHaveLength(1);
  });

  test('consumers that send to each other make no circle', () => {
    const stack = givenStack(context);
    const encryptionKey = new Key(stack, 'Key');
    const [ping, pong] = [givenFunction(stack, 'Ping'), givenFunction(stack, 'Pong')];

    const pings = new PointToPointQueue(stack, 'Pings', { consumer: ping, encryptionKey });
    const pongs = new PointToPointQueue(stack, 'Pongs', { consumer: pong, encryptionKey });
    pings.grantSend(pong);
    pongs.grantSend(ping);

    expect(brokenPromises(resources(stack))).toEqual([]);
  });

  test('the parts may live in stacks of their own: no stack needs one that needs it', () => {
    const app = new App({ context });
    const [keys, storage, messages, handlers, producers] = ['Keys', 'Storage', 'Messages', 'Handlers', 'Producers'].map((id) => new Stack(app, id)) as [Stack, Stack, Stack, Stack, Stack];
    const encryptionKey = new Key(keys, 'Key');
    const deadLetterQueue = new DeadLetterQueue(storage, 'DeadLetters', { encryptionKey });
    const idempotencyTable = new IdempotencyTable(storage, 'FinishedWork', { encryptionKey });
    const consumer = givenFunction(handlers);

    const orders = new PointToPointQueue(messages, 'Orders', { consumer, encryptionKey, deadLetterQueue, idempotencyTable });
    orders.grantSend(givenFunction(producers));

    expect(() => app.synth()).not.toThrow();
    expect(Stack.of(orders.eventSourceMapping)).toBe(handlers);
    expect(rendered(orders.eventSourceMapping).DependsOn).toContain(logicalId(consumer.role!.node.findChild('DefaultPolicy')));
    expect(storage.dependencies).toEqual([keys]);
  });

  test('nested stacks keep every promise', () => {
    const stack = givenStack(context);
    const nested = new NestedStack(stack, 'Nested');

    new PointToPointQueue(nested, 'Orders', { consumer: givenFunction(nested) });

    expect(brokenPromises(resources(nested))).toEqual([]);
  });
});

test('a queue has one name in its own stack and in that of its dead-letter queue', () => {
  const app = new App();
  const [storage, messages] = [new Stack(app, 'Storage'), new Stack(app, 'Messages')];
  const deadLetterQueue = new DeadLetterQueue(storage, 'DeadLetters');

  const orders = new PointToPointQueue(messages, 'Orders', { consumer: givenFunction(messages), deadLetterQueue });

  const name = JSON.stringify(rendered(orders.queue).Properties.QueueName);
  const [allowed] = rendered(deadLetterQueue.queue).Properties.RedriveAllowPolicy.sourceQueueArns;
  expect(name).toContain('Messages-Orders-');
  expect(JSON.stringify(allowed)).toContain('Messages-Orders-');
  // the id of the stack that holds the dead letters, known there, imported here
  expect(JSON.stringify(allowed)).toContain('{"Ref":"AWS::StackId"}');
  expect(name).toMatch(/Fn::ImportValue":"Storage:ExportsOutputRefAWSStackId/);
});

// a changed logical id replaces the resource: what is in it would be left behind
test('the logical ids of what holds messages and records do not change', () => {
  const stack = givenStack();
  const encryptionKey = new Key(stack, 'Key');
  new PointToPointQueue(stack, 'Orders', { consumer: givenFunction(stack) });
  new PointToPointQueue(stack, 'Returns', { consumer: givenFunction(stack, 'Other'), encryptionKey });
  new DeadLetterQueue(stack, 'DeadLetters');
  new IdempotencyTable(stack, 'FinishedWork');

  const stateful = Object.entries(resources(stack)).filter(([, { Type }]) => ['AWS::SQS::Queue', 'AWS::DynamoDB::Table'].includes(Type)).map(([id]) => id);
  expect(stateful.sort()).toEqual([
    'DeadLettersQueue631681B1',
    'EventPatternsIdempotency71189945Table107804E5',
    'EventPatternsIdempotencyTable6E06DC5D',
    'FinishedWorkTableAFF68B58',
    'OrdersDeadLetterQueue1E280D77',
    'OrdersQueueC538DD4C',
    'ReturnsDeadLetterQueueCAF1C431',
    'ReturnsQueue4E10B6EE',
  ]);
});

test('the beginning of the name of a queue does not change', () => {
  const stack = givenStack();
  const { queue } = new PointToPointQueue(stack, 'Orders', { consumer: givenFunction(stack) });

  expect(rendered(queue).Properties.QueueName['Fn::Join'][1][0]).toBe('Shop-Orders-A8B1F509-');
});

test('the id of a consumer is its path, and differs from stack to stack', () => {
  const app = new App();
  const consumers = ['Blue', 'Green'].map((id) => {
    const stack = new Stack(app, id);
    const consumer = givenFunction(stack);
    new PointToPointQueue(stack, 'Orders', { consumer });
    return consumer;
  });

  expect(consumers.map((consumer) => told(consumer).id)).toEqual(['Blue/Orders', 'Green/Orders']);
});
