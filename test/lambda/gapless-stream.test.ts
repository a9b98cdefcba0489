import { environment } from './consumer-model';
import { DoorModel } from './made-model';
import { bodyOf, type Change, failsWith, gapless, itemOf } from './ordered-model';
import { useVirtualClock } from './virtual-clock';
import { streamConsumer } from '../../lambda';

useVirtualClock();

describe('a stream', () => {
  const record = (sequence: number, change: Change, partitionKey: string) => ({
    eventSource: 'aws:kinesis',
    kinesis: {
      data: Buffer.from(bodyOf(change)).toString('base64'), partitionKey, sequenceNumber: `${sequence}`, approximateArrivalTimestamp: Date.now() / 1000, kinesisSchemaVersion: '1.0',
    },
  });
  const given = (process: (change: Change) => void = () => {}) => new DoorModel((collaborators) => {
    const handle = (change: Change, { tx }: { readonly tx: { write(...writes: readonly ReturnType<typeof itemOf>[]): void } }) => {
      process(change);
      tx.write(itemOf(change));
    };
    return streamConsumer({ on: gapless, process: { Deposited: handle, Withdrawn: handle } }, collaborators);
  }, { environment: { ...environment, source: { kind: 'kinesis', arn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/accounts' } } });
  const batch = (...records: readonly ReturnType<typeof record>[]) => ({ Records: records }) as never;
  const at = (place: number) => ({ account: 'a', place, amount: 1 });

  test('goes on past an event that is parked, and past all that it has before', async () => {
    const model = given();

    expect(await model.invoke(batch(record(1, at(2), 'x'), record(2, at(4), 'x'), record(3, at(3), 'x')))).toEqual({ batchItemFailures: [] });
    expect(model.done).toEqual([]);
    expect(await model.invoke(batch(record(4, at(1), 'y')))).toEqual({ batchItemFailures: [] });

    expect(model.done).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(model.counted.counts).toEqual({ Parked: 3, Processed: 4 });
  });

  test('comes back to the event before the one that could not be released, and from there on nothing is done twice', async () => {
    let busy = 2;
    const model = given(({ place }) => { if (place === 2 && busy-- > 0) { failsWith('ThrottlingException')(); } });
    await model.invoke(batch(record(1, at(2), 'x')));
    const rest = batch(record(2, at(1), 'y'), record(3, at(3), 'y'));

    expect(await model.invoke(rest)).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
    expect(await model.invoke(rest)).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
    expect(await model.invoke(rest)).toEqual({ batchItemFailures: [] });

    expect(model.done).toEqual(['a1', 'a2', 'a3']);
  });
});
