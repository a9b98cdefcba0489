import { z } from 'zod/mini';
import { ConsumerModel, writeOf } from './consumer-model';
import { useVirtualClock } from './virtual-clock';
import { defineEvent } from '../../lambda';

useVirtualClock();

let reading = 0;

/** An event whose schema fills in something else each time it reads it. */
const restless = defineEvent({
  source: 'shop', type: 'OrderPlaced', version: 1, key: ({ orderId }) => orderId,
  schema: z.object({ orderId: z.string(), readAs: z._default(z.number(), () => reading++) }),
});

test('knows an event again whose schema reads it differently each time', async () => {
  const model = new ConsumerModel({
    on: restless,
    process: ({ orderId }, { tx, meta }) => {
      if (meta.attempt < 3) { throw new Error('not yet'); }
      tx.write(writeOf(orderId));
    },
  });
  model.place('a');

  await model.drain();

  expect(model.done).toEqual(['a']);
  expect(model.letters).toEqual([]);
});

test('takes a copy for a copy though its producer has added something that the schema does not know', async () => {
  const model = new ConsumerModel();
  model.queue.send('{"orderId": "a", "amount": 1, "sentAt": "noon"}');
  await model.drain();

  model.queue.send('{"orderId": "a", "amount": 1, "sentAt": "one"}');
  await model.drain();

  expect(model.done).toEqual(['a']);
  expect(model.letters).toEqual([]);
});

test('lets a handler take its tools apart', async () => {
  const model = new ConsumerModel({ process: ({ orderId }, { tx: { write } }) => write(writeOf(orderId)) });
  model.place('a');

  await model.drain();

  expect(model.done).toEqual(['a']);
});
