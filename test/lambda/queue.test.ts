import type { SQSEvent } from 'aws-lambda';
import { ConsumerModel, environment, orderPlaced, writeOf } from './consumer-model';
import { MemoryStore } from './memory-store';
import { pause, useVirtualClock } from './virtual-clock';
import { queueConsumer } from '../../lambda';

useVirtualClock();

describe('once', () => {
  test('handles two events of one batch', async () => {
    const model = new ConsumerModel();
    model.place('a');
    model.place('b');

    await model.drain();

    expect(model.done).toEqual(['a', 'b']);
    expect(model.queue.deadLetters).toEqual([]);
  });

  test('handles an event once that comes twice in one batch, and answers for both copies', async () => {
    const model = new ConsumerModel();
    model.place('a');
    model.place('a');

    const response = await model.deliver();

    expect(response).toEqual({ batchItemFailures: [] });
    expect(model.tries).toEqual(['a']);
    expect(model.done).toEqual(['a']);
  });

  test('handles an event once that comes in two batches', async () => {
    const model = new ConsumerModel();
    model.place('a');
    await model.deliver();
    model.place('a');

    const response = await model.deliver();

    expect(response).toEqual({ batchItemFailures: [] });
    expect(model.tries).toEqual(['a']);
  });

  test('handles an event once that two functions get at the same time', async () => {
    const model = new ConsumerModel({
      batchSize: 1,
      process: async ({ orderId }, { tx }) => {
        await pause(5_000);
        tx.write(writeOf(orderId));
      },
    });
    model.place('a');
    model.place('a');

    await model.drain(2);

    expect(model.tries).toEqual(['a']);
    expect(model.done).toEqual(['a']);
    expect(model.queue.deadLetters).toEqual([]);
  });

  test('is content with a copy whose properties come in another order', async () => {
    // a schema that gives out what it gets, unlike zod, which puts properties in its own order
    const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) } };
    const model = new ConsumerModel({ batchSize: 1, on: { ...orderPlaced, schema } as never });
    model.queue.send('{"orderId":"a","amount":1}');
    model.queue.send('{"amount":1,"orderId":"a"}');

    await model.drain();

    expect(model.done).toEqual(['a']);
    expect(model.queue.deadLetters).toEqual([]);
  });

  test('is not once for all: two consumers with one table each handle the event, under keys that begin with their ids', async () => {
    const [orders, invoices] = [new ConsumerModel({ environment: { id: 'Shop/Orders' } }), new ConsumerModel({ environment: { id: 'Shop/Invoices' } })];
    orders.place('a');
    await orders.drain();
    orders.table.records.forEach((record, key) => invoices.table.rewrite(key, record));
    invoices.place('a');

    await invoices.drain();

    expect(invoices.done).toEqual(['a']);
    expect([...invoices.table.records.keys()].map((key) => key.split('#')[0])).toEqual(['Shop/Orders', 'Shop/Invoices']);
  });

  test('tells keys apart whose parts join to the same text', async () => {
    const model = new ConsumerModel({ on: { ...orderPlaced, key: (order: never) => (order as { orderId: string }).orderId.split('|') } });
    model.place('a|bc');
    model.place('ab|c');

    await model.drain();

    expect(model.done).toEqual(['a|bc', 'ab|c']);
  });

  test('commits once when the answer to the completion was lost', async () => {
    let lost = 0;
    const model = new ConsumerModel({
      fault: (call, moment) => { if (call === 'complete' && moment === 'after' && lost++ === 0) { throw Object.assign(new Error('gone'), { name: 'TimeoutError' }); } },
    });
    model.place('a');

    await model.drain();

    expect(lost).toBe(1);
    expect(model.done).toEqual(['a']);
    expect(model.queue.deadLetters).toEqual([]);
  });

  test('commits once when the function dies right after the commit', async () => {
    let deaths = 0;
    const model = new ConsumerModel({ fault: (call, moment, lambda) => call === 'complete' && moment === 'after' && deaths++ === 0 ? lambda.die() : undefined });
    model.place('a');

    await model.drain();

    expect(model.tries).toEqual(['a']);
    expect(model.done).toEqual(['a']);
  });

  test('remembers an event without writes too', async () => {
    const model = new ConsumerModel({ process: () => {} });
    model.place('a');
    model.place('a');
    await model.deliver();
    model.place('a');

    await model.drain();

    expect(model.tries).toEqual(['a']);
  });
});

describe('what a handler writes', () => {
  test('is all written or not at all', async () => {
    let fails = true;
    const model = new ConsumerModel({
      process: ({ orderId }, { tx }) => {
        tx.write(writeOf(orderId), writeOf(`${orderId}-copy`));
        if (fails) {
          fails = false;
          throw new Error('too late');
        }
      },
    });
    model.place('a');

    await model.drain();

    expect(model.tries).toHaveLength(2);
    expect(model.done).toEqual(['a', 'a-copy']);
  });

  test('fails when it comes after the handler has returned', async () => {
    const late: unknown[] = [];
    const model = new ConsumerModel({
      process: ({ orderId }, { tx }) => { setTimeout(() => { try { tx.write(writeOf(orderId)); } catch (error) { late.push(error); } }, 10); },
    });
    model.place('a');

    await model.drain();
    jest.advanceTimersByTime(10);

    expect(late).toEqual([new Error('the transaction is over: await everything before the handler returns')]);
    expect(model.done).toEqual([]);
  });

  test('fails with more than 99 writes, and none of them is written', async () => {
    const model = new ConsumerModel({ process: ({ orderId }, { tx }) => tx.write(...Array.from({ length: 100 }, () => writeOf(orderId))) });
    model.place('a');

    await model.drain();

    expect(model.done).toEqual([]);
    expect(model.letters).toMatchObject([{ reason: 'Error', message: 'a transaction takes 99 writes, this would be 100', attempt: 5 }]);
  });

  test('may be 99 writes', async () => {
    const model = new ConsumerModel({ process: ({ orderId }, { tx }) => { for (let i = 0; i < 99; i++) { tx.write(writeOf(`${orderId}-${i}`)); } } });
    model.place('a');

    await model.drain();

    expect(model.done).toHaveLength(99);
  });

  test('is tried again when its condition was not met, and then set aside with that reason', async () => {
    const missing = { ConditionCheck: { TableName: 'stock', Key: { sku: 's' }, ConditionExpression: 'attribute_exists(sku)' } };
    const model = new ConsumerModel({ process: ({ orderId }, { tx }) => tx.write(writeOf(orderId), missing) });
    model.place('a');

    await model.drain();

    expect(model.tries).toHaveLength(5);
    expect(model.letters).toMatchObject([{ reason: 'WriteRefused', attempt: 5 }]);
  });

  test('is not written by a run that another one has overtaken, and that does not count', async () => {
    let first = true;
    const model = new ConsumerModel({
      environment: { maxAttempts: 1 },
      process: ({ orderId }, { tx }) => {
        tx.write(writeOf(orderId));
        const [key] = [...model.table.records.keys()];
        if (first) { model.table.rewrite(key!, { owner: 'another', in_progress_expiration: Date.now() - 1 }); }
        first = false;
      },
    });
    model.place('a');

    await model.drain();

    expect(model.tries).toHaveLength(2);
    expect(model.done).toEqual(['a']);
    expect(model.queue.deadLetters).toEqual([]);
  });
});

describe('the function itself', () => {
  test('fails on an event that is not of a queue', async () => {
    const handler = queueConsumer({ on: orderPlaced, process: () => {} }, { environment, store: new MemoryStore(), sqs: new ConsumerModel().queue.client() });

    await expect(handler({} as SQSEvent, { getRemainingTimeInMillis: () => 1000 })).rejects.toThrow('this function handles messages of an SQS queue; the event has no Records');
    await expect(handler(undefined as never, { getRemainingTimeInMillis: () => 1000 })).rejects.toThrow(TypeError);
  });

  test('fails at its start in Lambda without the variable of its construct; elsewhere, where it is only imported, when it is invoked', async () => {
    process.env.AWS_LAMBDA_FUNCTION_NAME = 'consumer';
    try {
      expect(() => queueConsumer({ on: orderPlaced, process: () => {} })).toThrow('EVENT_PATTERNS_CONSUMER is not set');
    } finally {
      delete process.env.AWS_LAMBDA_FUNCTION_NAME;
    }

    const handler = queueConsumer({ on: orderPlaced, process: () => {} });
    await expect(handler({ Records: [] }, { getRemainingTimeInMillis: () => 1000 })).rejects.toThrow('EVENT_PATTERNS_CONSUMER is not set');
  });

  test('handles nothing, and loses nothing, when Powertools is switched off behind its back', async () => {
    process.env.POWERTOOLS_IDEMPOTENCY_DISABLED = 'true';
    const model = new ConsumerModel();
    const { id } = model.place('a');

    const response = await model.deliver().finally(() => { delete process.env.POWERTOOLS_IDEMPOTENCY_DISABLED; });

    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: id }] });
    expect(model.tries).toEqual([]);
    await model.drain();
    expect(model.done).toEqual(['a']);
  });

  test('answers an empty batch with nothing', async () => {
    const model = new ConsumerModel();

    expect(await model.deliver([])).toEqual({ batchItemFailures: [] });
  });

  test('handles and sets aside records that lack every attribute', async () => {
    const model = new ConsumerModel();
    const batch = [model.place('a'), model.queue.send('no JSON'), model.place('b')].map((message) => {
      const { messageId, body, receiptHandle } = model.queue.handOut(message);
      return { messageId, body, receiptHandle } as never;
    });

    const response = await model.deliver(batch);

    expect(response).toEqual({ batchItemFailures: [] });
    expect(model.done).toEqual(['a', 'b']);
    expect(model.letters).toMatchObject([{ body: 'no JSON', reason: 'NotJson', receiveCount: 1 }]);
  });

  test('lets a record without attributes that failed come back after its pause', async () => {
    const model = new ConsumerModel({ process: () => { throw new Error('no'); } });
    const { messageId, body, receiptHandle } = model.queue.handOut(model.place('a'));

    await model.deliver([{ messageId, body, receiptHandle } as never]);

    expect(model.queue.nextIn).toBeLessThanOrEqual(1_000);
  });

  test('hands the event and its circumstances to the handler', async () => {
    const seen: unknown[] = [];
    const model = new ConsumerModel({ process: (order, { meta }) => { seen.push([order, meta]); } });
    const message = model.place('a', 7, { attributes: { correlationId: { DataType: 'String', StringValue: 'request-1' } } });

    await model.drain();

    expect(seen).toEqual([[
      { orderId: 'a', amount: 7 }, {
        eventId: message.id, type: 'OrderPlaced', hops: 0, stale: false, correlationId: 'request-1', key: 'a', attempt: 1, receiveCount: 1, messageId: message.id, sentAt: new Date(message.sentAt),
      },
    ]]);
  });
});
