import { join } from 'node:path';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { build } from 'esbuild';
import { type Order, orderPlaced, writeOf } from './consumer-model';
import { MadeModel } from './made-model';
import { pause, useVirtualClock } from './virtual-clock';
import { type PowertoolsTracer, type Processing, queueConsumer, type TraceSegment } from '../../lambda';

useVirtualClock();

type Work = (order: Order, processing: Processing) => Promise<void> | void;

const writes: Work = ({ orderId }, { tx }) => tx.write(writeOf(orderId));

interface Segment {
  readonly name: string;
  readonly annotations: Record<string, unknown>;
  readonly errors: unknown[];
  closed: number;
}

/** A tracer as Powertools' is built, that can be read; X-Ray gives no segment where it has no context. */
class ReadableTracer implements PowertoolsTracer {
  readonly segments: Segment[] = [];
  readonly provider = {
    captureAsyncFunc: (name: string, work: (segment?: TraceSegment) => unknown): unknown => {
      const segment: Segment = { name, annotations: {}, errors: [], closed: 0 };
      this.segments.push(segment);
      return work(this.context ? {
        addAnnotation: (key, value) => { segment.annotations[key] = value; },
        addError: (error) => { segment.errors.push(error); },
        close: () => { segment.closed++; },
      } : undefined);
    },
  };

  constructor(private readonly on = true, private readonly context = true) {}

  isTracingEnabled(): boolean { return this.on; }
}

const given = (tracer: PowertoolsTracer, process: Work = writes) =>
  new MadeModel((collaborators) => queueConsumer({ on: orderPlaced, process, tracer }, collaborators));

test('traces each event in a subsegment of its own, which can be found by its ids', async () => {
  const tracer = new ReadableTracer();
  const model = given(tracer, async (order, processing) => { await pause(10); await writes(order, processing); });
  const [a, b] = [model.place('a'), model.place('b')];

  await model.drain();

  expect(tracer.segments).toEqual([
    { name: '## OrderPlaced', annotations: { correlationId: a.id, key: 'a', attempt: 1 }, errors: [], closed: 1 },
    { name: '## OrderPlaced', annotations: { correlationId: b.id, key: 'b', attempt: 1 }, errors: [], closed: 1 },
  ]);
  expect(model.done).toEqual(['a', 'b']);
});

test('closes the subsegment of an event that fails, with its error, and the event is tried again', async () => {
  const tracer = new ReadableTracer();
  const error = new Error('not yet');
  const model = given(tracer, (order, processing) => {
    if (processing.meta.attempt === 1) { throw error; }
    if (processing.meta.attempt === 2) { throw 'a text'; } // eslint-disable-line no-throw-literal
    return writes(order, processing);
  });
  model.place('a');

  await model.drain();

  expect(tracer.segments.map(({ annotations, errors, closed }) => [annotations.attempt, errors, closed])).toEqual([[1, [error], 1], [2, ['a text'], 1], [3, [], 1]]);
  expect(model.done).toEqual(['a']);
});

test('traces no event that was done before', async () => {
  const tracer = new ReadableTracer();
  const model = given(tracer);
  model.place('a');
  await model.drain();
  model.place('a');

  await model.drain();

  expect(tracer.segments).toHaveLength(1);
});

test.each([['is switched off', new ReadableTracer(false), 0], ['has no segment', new ReadableTracer(true, false), 1]])('handles events all the same when the tracer %s', async (_what, tracer, segments) => {
  let failures = 0;
  const model = given(tracer, (order, processing) => {
    if (failures++ === 0) { throw new Error('not yet'); }
    return writes(order, processing);
  });
  model.place('a');

  await model.drain();

  expect(model.done).toEqual(['a']);
  expect(tracer.segments).toHaveLength(2 * segments);
});

describe('with Powertools\' own tracer', () => {
  test('that is switched off, as it is outside of Lambda, events are handled and failures are tried again', async () => {
    const tracer = new Tracer({ serviceName: 'orders' });
    expect(tracer.isTracingEnabled()).toBe(false);
    let failures = 0;
    const model = given(tracer, (order, processing) => {
      if (failures++ === 0) { throw new Error('not yet'); }
      return writes(order, processing);
    });
    model.place('a');

    await model.drain();

    expect(model.done).toEqual(['a']);
  });

  test('that is switched on, each event has a subsegment of that of its invocation', async () => {
    const tracer = new Tracer({ serviceName: 'orders' });
    jest.spyOn(tracer, 'isTracingEnabled').mockReturnValue(true);
    const root = tracer.provider.getNamespace();
    const { Segment: XRaySegment } = jest.requireActual<{ Segment: new (name: string) => { readonly subsegments?: readonly Closed[] } }>('aws-xray-sdk-core');
    const segment = new XRaySegment('function');
    const model = given(tracer, async (order, processing) => {
      await pause(10);
      if (order.orderId === 'broken') { throw new Error('no'); }
      await writes(order, processing);
    });
    ['a', 'broken'].forEach((id) => model.place(id));

    await root.runAndReturn(async () => {
      tracer.provider.setSegment(segment as never);
      await model.deliver();
    });

    expect(segment.subsegments).toMatchObject([
      { name: '## OrderPlaced', end_time: expect.any(Number), annotations: { key: 'a', attempt: 1 } },
      { name: '## OrderPlaced', end_time: expect.any(Number), annotations: { key: 'broken' }, fault: true, cause: { exceptions: [{ message: 'no' }] } },
    ]);
    expect(model.done).toEqual(['a']);
  });
});

interface Closed { readonly name: string; readonly end_time?: number }

test('loads nothing of the tracer or of X-Ray by itself', async () => {
  const { metafile } = await build({
    entryPoints: [join(__dirname, '../../lambda/index.ts')], bundle: true, write: false, metafile: true, platform: 'node', external: ['@aws-sdk/*'],
  });

  const inputs = Object.keys(metafile.inputs);
  expect(inputs.some((path) => path.includes('@aws-lambda-powertools/idempotency'))).toBe(true);
  expect(inputs.filter((path) => /powertools\/tracer|xray/.test(path))).toEqual([]);
});
