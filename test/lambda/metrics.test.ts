import { ConsumerMetrics, type Counted, type Measured } from '../../lambda/metrics';

/** A line in the embedded metric format. */
interface Line {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: string[][];
      readonly Metrics: { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [member: string]: unknown;
}

const counted: Counted[] = ['Processed', 'Duplicate', 'Stale', 'Poisoned', 'Retried', 'Misconfigured', 'KeyReuse', 'Parked', 'Emitted'];
const measured: Measured[] = ['Age', 'ParkedAge', 'EndToEndLatency', 'Duration'];
const variables = { ...process.env };
let written: string[];

beforeEach(() => {
  written = [];
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((text) => { written.push(String(text)); return true; });
  }
});

afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...variables };
});

const lines = () => written.map((text) => {
  expect(text).toMatch(/^[^\n]+\n$/);
  return JSON.parse(text) as Line;
});

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** The only line that was written. */
function line(): Line {
  expect(lines()).toHaveLength(1);
  return lines()[0]!;
}

/** All that the specification of the format asks of a line. */
function expectToFollowTheFormat(found: Line): void {
  expect(Number.isInteger(found._aws.Timestamp)).toBe(true);
  expect(Math.abs(found._aws.Timestamp - Date.now())).toBeLessThan(60_000);
  expect(Object.keys(found._aws).sort()).toEqual(['CloudWatchMetrics', 'Timestamp']);
  for (const { Namespace, Dimensions, Metrics, ...more } of found._aws.CloudWatchMetrics) {
    expect(more).toEqual({});
    expect(Namespace).toMatch(/^[\w./#:-]{1,255}$/);
    for (const dimension of Dimensions.flat()) { expect(found[dimension]).toMatch(/^[\x20-\x7e]{1,1024}$/); }
    expect(Metrics.length).toBeLessThanOrEqual(100);
    expect(new Set(Metrics.map(({ Name }) => Name)).size).toBe(Metrics.length);
    for (const { Name, Unit, ...resolution } of Metrics) {
      expect(['Count', 'Milliseconds']).toContain(Unit);
      expect(resolution).toEqual({});
      const values = [found[Name]].flat();
      expect(values.length).toBeGreaterThan(0);
      expect(values.length).toBeLessThanOrEqual(100);
      expect(values.every(Number.isFinite)).toBe(true);
    }
  }
}

test('writes all that was counted and measured as one line of the embedded metric format', () => {
  const metrics = new ConsumerMetrics('Shop/Orders');
  counted.forEach((name, index) => metrics.count(name, index + 1));
  measured.forEach((name, index) => metrics.measure(name, index + 0.5));

  metrics.flush();

  expectToFollowTheFormat(line());
  expect(line()).toEqual({
    _aws: {
      Timestamp: expect.any(Number),
      CloudWatchMetrics: [{
        Namespace: 'EventPatterns',
        Dimensions: [['consumer']],
        Metrics: [...counted.map((Name) => ({ Name, Unit: 'Count' })), ...measured.map((Name) => ({ Name, Unit: 'Milliseconds' }))],
      }],
    },
    consumer: 'Shop/Orders',
    ...Object.fromEntries([...counted.map((name, index) => [name, index + 1]), ...measured.map((name, index) => [name, index + 0.5])]),
  });
});

test('has the consumer as its only dimension, whatever Powertools is told by the environment', () => {
  Object.assign(process.env, { POWERTOOLS_SERVICE_NAME: 'checkout', POWERTOOLS_METRICS_NAMESPACE: 'theirs', POWERTOOLS_METRICS_FUNCTION_NAME: 'function' });
  const metrics = new ConsumerMetrics('Shop/Orders');
  for (let invocation = 0; invocation < 2; invocation++) {
    metrics.count('Processed');
    metrics.flush();
  }

  expect(lines()).toHaveLength(2);
  for (const one of lines()) {
    expect(one._aws.CloudWatchMetrics).toMatchObject([{ Namespace: 'EventPatterns', Dimensions: [['consumer']] }]);
    expect(Object.keys(one).sort()).toEqual(['Processed', '_aws', 'consumer']);
  }
});

test('sums counts, and starts anew after each line', () => {
  const metrics = new ConsumerMetrics('orders');
  for (let i = 0; i < 250; i++) { metrics.count('Processed'); }
  metrics.count('Emitted', 3);
  metrics.flush();
  expect(line()).toMatchObject({ Processed: 250, Emitted: 3 });
  written = [];

  metrics.count('Processed', 2);
  metrics.flush();

  expect(line()).toMatchObject({ Processed: 2 });
  expect(line()).not.toHaveProperty('Emitted');
});

test('writes every measured value while they fit, in one line', () => {
  const metrics = new ConsumerMetrics('orders');
  const values = Array.from({ length: 99 }, (_, index) => (index * 37) % 99);
  for (const value of values) { metrics.measure('Age', value); }

  metrics.flush();

  expectToFollowTheFormat(line());
  expect(sorted(line().Age as number[])).toEqual(sorted(values));
});

test.each(['first', 'middle', 'last'])('chooses fairly among more values than a line holds, and keeps the maximum that came %s', (when) => {
  const metrics = new ConsumerMetrics('orders');
  const values = Array.from({ length: 10_000 }, (_, index) => index);
  values.splice({ first: 0, middle: 5_000, last: 10_000 }[when]!, 0, 60_000);
  for (const value of values) { for (const name of measured) { metrics.measure(name, value); } }
  metrics.count('Processed', 10_001);

  metrics.flush();

  expectToFollowTheFormat(line());
  expect(line().Processed).toBe(10_001);
  for (const name of measured) {
    const found = line()[name] as number[];
    const others = found.filter((value) => value !== 60_000);
    expect(found).toHaveLength(99);
    expect(others).toHaveLength(98);
    expect(new Set(others).size).toBe(98);
    // seven standard deviations
    expect(Math.abs(others.reduce((sum, value) => sum + value, 0) / others.length - 5_000)).toBeLessThan(2_000);
  }
});

test('writes nothing when nothing happened', () => {
  const metrics = new ConsumerMetrics('orders');
  metrics.flush();
  metrics.count('Poisoned', 0);
  metrics.flush();

  expect(written).toEqual([]);
});

test('leaves zero counts out', () => {
  const metrics = new ConsumerMetrics('orders');
  metrics.count('Poisoned', 0);
  metrics.count('Processed');
  metrics.flush();

  expect(line()._aws.CloudWatchMetrics[0]!.Metrics).toEqual([{ Name: 'Processed', Unit: 'Count' }]);
});

test('keeps out of the line what would make CloudWatch refuse or misread it', () => {
  const metrics = new ConsumerMetrics('orders');
  metrics.count('Processed', NaN);
  metrics.count('Duplicate', -1);
  metrics.count('Retried', Infinity);
  metrics.measure('Age', NaN);
  metrics.measure('Duration', Infinity);
  metrics.measure('EndToEndLatency', -3);
  metrics.flush();

  expectToFollowTheFormat(line());
  expect(line()._aws.CloudWatchMetrics[0]!.Metrics).toEqual([{ Name: 'EndToEndLatency', Unit: 'Milliseconds' }]);
  expect(line().EndToEndLatency).toBe(0);
});

test.each([
  ['console', () => jest.spyOn(process.stdout, 'write').mockImplementation(() => { throw new Error('broken pipe'); })],
  ['serializer', () => jest.spyOn(JSON, 'stringify').mockImplementation(() => { throw new Error('broken'); })],
])('fails no batch for a broken %s, and counts anew', (_what, break_) => {
  const metrics = new ConsumerMetrics('orders');
  metrics.count('Processed');
  const broken = break_();
  expect(() => metrics.flush()).not.toThrow();
  expect(broken).toHaveBeenCalled();
  broken.mockRestore();
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => { written.push(String(text)); return true; });

  metrics.count('Retried');
  metrics.flush();

  expect(line()).toMatchObject({ Retried: 1 });
  expect(line()).not.toHaveProperty('Processed');
});

test('is silent where Powertools is told to be', () => {
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
  const metrics = new ConsumerMetrics('orders');
  metrics.count('Processed');
  metrics.measure('Age', 1);
  metrics.flush();

  expect(written).toEqual([]);
});
