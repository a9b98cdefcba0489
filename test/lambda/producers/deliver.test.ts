import { z } from 'zod';
import { type EntryFault, ServiceError, ServiceModel } from './service-model';
import { envelopes, failureOf, placed, several, targets } from './targets';
import { defineEvent } from '../../../lambda/contract';
import { kindOf } from '../../../lambda/engine/failure';
import { event } from '../../../lambda/envelope';
import { ended, useVirtualClock } from '../virtual-clock';

useVirtualClock();

/** Each entry has these faults, one each time that it is sent, and then none any more. */
const faults = (...list: EntryFault[]) => {
  const sent = new Map<string, number>();
  return (id: string) => {
    const count = sent.get(id) ?? 0;
    sent.set(id, count + 1);
    return list[count];
  };
};

const throttled = () => new ServiceError('ThrottlingException', 'Rate exceeded');
const reset = () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

describe.each(Object.entries(targets))('to a %s', (_name, { publish, entries, bytes }) => {
  test('25 events in one call arrive, each once, and their ids come back in the order given', async () => {
    const service = new ServiceModel();
    const events = several(25);

    const published = await ended(publish(events, service));

    expect(envelopes(service).map(({ data }) => data.orderId)).toEqual(events.map(({ data }) => data.orderId));
    expect(published).toEqual(envelopes(service).map(({ metadata: { id } }) => ({ id })));
    expect(service.requests).toHaveLength(Math.ceil(25 / entries));
  });

  test('no events make no request', async () => {
    const service = new ServiceModel();

    expect(await publish([], service)).toEqual([]);

    expect(service.requests).toEqual([]);
  });

  test('only what failed is sent again, after a pause', async () => {
    const service = new ServiceModel();
    const start = Date.now();
    const [, , third] = await ended(publish(several(5), service));
    const again = new ServiceModel();
    const fault = faults('busy');
    again.entryFault = (id) => id === third!.id ? fault(id) : undefined;

    await ended(publish(several(5), again));

    expect(again.arrived.map(({ id, request }) => [id === third!.id, request])).toEqual([[false, 0], [false, 0], [false, 0], [false, 0], [true, 1]]);
    expect(again.requests).toHaveLength(2);
    expect(again.times[1]! - start).toBeGreaterThan(0);
    expect(again.times[1]! - start).toBeLessThanOrEqual(100);
  });

  test('the pauses grow, but not beyond any measure', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const service = new ServiceModel();
    service.entryFault = () => 'busy';

    await failureOf(ended(publish(several(1), service)));

    jest.restoreAllMocks();
    expect(service.times.slice(1).map((time, index) => time - service.times[index]!)).toEqual([100, 200, 400, 800, 1600, 3200, 5000]);
  });

  test('an entry that the answer does not name has not arrived', async () => {
    const service = new ServiceModel();
    service.entryFault = faults('silent', 'silent');

    await ended(publish(several(2), service));

    expect(service.requests).toHaveLength(3);
    expect(service.arrived).toHaveLength(2);
  });

  test('what the service refuses for good is named and not sent again; the others arrive', async () => {
    const service = new ServiceModel();
    const [, second] = await ended(publish(several(3), new ServiceModel()));
    service.entryFault = (id) => id === second!.id ? 'refused' : undefined;

    const failure = await failureOf(ended(publish(several(3), service)));

    expect(failure).toMatchObject({ name: 'PublishFailed', accepted: 2, failed: [{ index: 1, type: 'OrderPlaced', id: second!.id, message: 'refused' }] });
    expect(failure.message).toMatch(/^1 of 3 events were not accepted: \[1\] OrderPlaced: \w+: refused$/);
    expect(kindOf(failure)).toBe('unknown');
    expect(service.requests).toHaveLength(1);
  });

  test('what stays busy fails after its last try, as something that passes', async () => {
    const service = new ServiceModel();
    service.entryFault = () => 'busy';

    const failure = await failureOf(ended(publish(several(2), service, { tries: 3 })));

    expect(failure.failed.map(({ index, message }) => [index, message])).toEqual([[0, 'busy'], [1, 'busy']]);
    expect(kindOf(failure)).toBe('transient');
    // what fails together comes back together
    expect(service.requests).toHaveLength(3);
  });

  test('a busy service beside an event that it refuses is nothing that passes', async () => {
    const service = new ServiceModel();
    const [first] = await ended(publish(several(2), new ServiceModel()));
    service.entryFault = (id) => id === first!.id ? 'refused' : 'busy';

    const failure = await failureOf(ended(publish(several(2), service)));

    expect(failure.failed).toHaveLength(2);
    expect(kindOf(failure)).toBe('unknown');
  });

  test.each([
    ['throttling', throttled], ['a connection that breaks', reset], ['an error of the service', () => new ServiceError('Whatever', 'oh', 500)],
    ['another name for throttling', () => new ServiceError('RequestThrottled')],
    ['a name that cannot be looked up', () => Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })],
    ['a stream of HTTP/2 that closes', () => Object.assign(new Error('closed'), { code: 'ERR_HTTP2_STREAM_CANCEL' })],
    ['a request of HTTP/2 without an answer', () => new Error('Unexpected error: http2 request did not get a response')],
  ])('a whole request is sent again after %s', async (_what, error) => {
    const service = new ServiceModel();
    service.requestFault = (request) => request < 2 ? { moment: 'before', error: error() } : undefined;

    const published = await ended(publish(several(3), service));

    expect(service.arrived.map(({ id }) => id).sort()).toEqual(published.map(({ id }) => id).sort());
  });

  test('an event whose answer was lost arrives again with the same id', async () => {
    const service = new ServiceModel();
    service.requestFault = (request) => request === 0 ? { moment: 'after', error: reset() } : undefined;

    const [published] = await ended(publish(several(1), service));

    expect(service.arrived.map(({ id }) => id)).toEqual([published!.id, published!.id]);
  });

  test('what no request will change fails at once', async () => {
    const service = new ServiceModel();
    service.requestFault = () => ({ moment: 'before', error: new ServiceError('AccessDeniedException', 'not allowed') });

    const failure = await failureOf(ended(publish(several(3), service)));

    expect(service.requests).toHaveLength(1);
    expect(failure).toMatchObject({ accepted: 0, failed: [0, 1, 2].map((index) => ({ index, code: 'AccessDeniedException', message: 'not allowed' })) });
    expect(kindOf(failure)).toBe('unknown');
  });

  test('one event for which a whole request is refused does not keep the others of the request back', async () => {
    const service = new ServiceModel();
    const [, second] = await ended(publish(several(3), new ServiceModel()));
    const error = new ServiceError('ValidationException', 'unreadable');
    service.requestFault = (request) => textOf(service.requests[request]).includes(second!.id) ? { moment: 'before', error } : undefined;

    const failure = await failureOf(ended(publish(several(3), service)));

    expect(failure).toMatchObject({ accepted: 2, failed: [{ index: 1, code: 'ValidationException' }] });
    expect(service.requests).toHaveLength(4);
    expect(service.sentAgain).toEqual([]);
  });

  test('no request is larger than the service takes, and the largest event fits', async () => {
    const service = new ServiceModel();
    const room = bytes - 1000;
    const smaller = Array.from({ length: 9 }, (_, number) => placed(`b${number}`, 'ä'.repeat(room / 8)));

    await ended(publish([placed('a', 'x'.repeat(room)), ...smaller], service));

    expect(service.arrived).toHaveLength(10);
    expect(service.overfull).toEqual([]);
  });

  test('an event as large as the service takes arrives, and one byte more is too much', async () => {
    const service = new ServiceModel();
    const failure = await failureOf(publish([placed('a', 'x'.repeat(bytes))], service));
    const over = Number(/(\d+) bytes/.exec(failure.message)![1]) - bytes;

    await ended(publish([placed('a', 'x'.repeat(bytes - over))], service));

    expect(service.arrived).toHaveLength(1);
    expect((await failureOf(publish([placed('a', 'x'.repeat(bytes - over + 1))], service))).message).toContain(`${bytes + 1} bytes`);
  });

  test('nothing is sent when one event is too large, and the error says which, how large, and what to do', async () => {
    const service = new ServiceModel();

    const failure = await failureOf(publish([placed('a'), placed('b', 'secret'.repeat(bytes / 6)), placed('c')], service));

    expect(service.requests).toEqual([]);
    expect(failure).toMatchObject({ accepted: 0, failed: [{ index: 0, code: 'NotSent' }, { index: 1, code: 'TooLarge', type: 'OrderPlaced' }, { index: 2, code: 'NotSent' }] });
    expect(failure.message).toMatch(new RegExp(`^3 of 3 events were not accepted: \\[1\\] OrderPlaced: TooLarge: \\d{6,} bytes, at most ${bytes} are possible: .*put the large part into a bucket`));
    expect(JSON.stringify(failure)).not.toContain('secret');
  });

  test('everything that is wrong is said at once, and nothing is sent', async () => {
    const service = new ServiceModel();
    const keyless = defineEvent({ source: 'shop', type: 'Keyless', version: 1, schema: z.object({ id: z.string() }), key: ({ id }) => id });
    const unwritable = defineEvent({ source: 'shop', type: 'Unwritable', version: 1, schema: z.object({ id: z.string(), sum: z.bigint() }), key: ({ id }) => id });
    const literal = defineEvent({ source: 'shop', type: 'Literal', version: 1, schema: z.object({ id: z.literal('a', { error: ({ input }) => `no ${String(input)}` }) }), key: ({ id }) => id });

    const failure = await failureOf(publish([
      placed('fine'), event(keyless, { id: ' ' }), event(literal, { id: 'secret' } as never), event(unwritable, { id: 'a', sum: 7n }), placed('b', 'x'.repeat(bytes)),
    ], service));

    expect(service.requests).toEqual([]);
    expect(failure.failed.map(({ index, code, id }) => [index, code, typeof id])).toEqual([
      [0, 'NotSent', 'string'], [1, 'MissingKey', 'undefined'], [2, 'SchemaMismatch', 'undefined'], [3, 'TypeError', 'string'], [4, 'TooLarge', 'string'],
    ]);
    expect(failure.failed[2]!.message).toBe('the data is no Literal version 1: id');
    expect(failure.message).not.toContain('secret');
    expect(kindOf(failure)).toBe('unknown');
  });

  test('the signal ends the pauses; what was not accepted by then has failed with what it failed with last', async () => {
    const service = new ServiceModel();
    service.entryFault = () => 'busy';
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1_000);
    const start = Date.now();

    const failure = await failureOf(ended(publish(several(2), service, { signal: controller.signal, tries: 1_000 })));

    expect(Date.now() - start).toBe(1_000);
    expect(failure.failed.map(({ message }) => message)).toEqual(['busy', 'busy']);
    expect(kindOf(failure)).toBe('transient');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('a request that the signal breaks off does not hide what was wrong before', async () => {
    const service = new ServiceModel();
    const controller = new AbortController();
    service.entryFault = () => 'busy';
    service.requestFault = (request) => {
      if (request === 0) { return undefined; }
      controller.abort();
      return { moment: 'before', error: Object.assign(new Error('Request aborted'), { name: 'AbortError' }) };
    };

    const failure = await failureOf(ended(publish(several(2), service, { signal: controller.signal })));

    expect(service.requests).toHaveLength(2);
    expect(failure.failed.map(({ message }) => message)).toEqual(['busy', 'busy']);
  });

  test('after the signal nothing is sent any more', async () => {
    const service = new ServiceModel();

    const failure = await failureOf(publish(several(2), service, { signal: AbortSignal.abort() }));

    expect(service.requests).toEqual([]);
    expect(failure.failed).toMatchObject([{ index: 0, code: 'Aborted' }, { index: 1, code: 'Aborted' }]);
  });

  test('characters that SQS refuses travel all the same', async () => {
    const service = new ServiceModel();

    await ended(publish([placed('a', '\uFFFE\uFFFF\u0000\uD800')], service));

    expect(service.arrived[0]!.text).not.toMatch(/[\u0000-\u001F\uFFFE\uFFFF]|[\uD800-\uDFFF]/);
    expect(envelopes(service)[0]!.data).toEqual({ orderId: 'a', note: '\uFFFE\uFFFF\u0000\uD800' });
  });
});

/** Everything that a request says; the data of records are bytes. */
function textOf(request: unknown): string {
  const { Records = [] } = request as { Records?: { Data: Uint8Array }[] };
  return JSON.stringify(request) + Records.map(({ Data }) => Buffer.from(Data).toString()).join();
}
