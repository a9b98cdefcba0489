import { answeringDynamoDB } from './answering-dynamodb';
import { batch, entity, powertools, type Take, transactional } from './consumers';
import { figure, type Figure } from './figure';
import { inTurns } from './in-turns';
import { impatient } from '../lambda/connection';

const batchSize = 10;
const largeBatch = 100;
const against = 'Powertools batch and idempotency';

type Make = (client: ReturnType<typeof answeringDynamoDB>['client']) => Take;

/** Requests to DynamoDB for a message that nobody has seen before. */
export async function measureRequests(): Promise<Figure[]> {
  const theirs = await requestsOf(powertools);
  return [
    figure('consumer.requests.transactional', 'requests', against, { ours: await requestsOf(transactional), theirs }),
    figure('consumer.requests.entity', 'requests', against, { ours: await requestsOf(entity), theirs }),
  ];
}

async function requestsOf(make: Make): Promise<number> {
  const { client, requests } = answeringDynamoDB(0);
  await quietly(async () => make(client)(batch(batchSize)));
  return requests() / batchSize;
}

/** Messages in a second, in batches of a hundred, with a store that takes 10 ms to answer. */
export async function measureThroughput(): Promise<Figure> {
  const [ours, theirs] = [taken(transactional, 10, largeBatch), taken(powertools, 10, largeBatch)];
  const medians = await quietly(async () => {
    await inTurns(40, async () => (await ours()).millis, async () => (await theirs()).millis); // until everything is compiled
    return inTurns(60, async () => (await ours()).millis, async () => (await theirs()).millis);
  });
  return figure('consumer.throughput', 'messages/s', `${against}; a store of 10 ms, batches of 100`, {
    ours: largeBatch * 1000 / medians.ours, theirs: largeBatch * 1000 / medians.theirs,
  });
}

/** What a message costs of the processor, with the AWS SDK and without the network. */
export async function measureCpu(): Promise<Figure> {
  const [ours, theirs] = [taken(transactional, 0), taken(powertools, 0)];
  const medians = await quietly(async () => {
    await inTurns(150, async () => (await ours()).cpu, async () => (await theirs()).cpu); // until everything is compiled
    return inTurns(300, async () => (await ours()).cpu, async () => (await theirs()).cpu);
  });
  return figure('consumer.cpu', 'µs', `${against}; each with the AWS SDK`, { ours: medians.ours / batchSize, theirs: medians.theirs / batchSize });
}

/** Takes one batch after the other, each with new messages. */
function taken(make: Make, millis: number, size = batchSize): () => Promise<{ readonly millis: number; readonly cpu: number }> {
  const take = make(answeringDynamoDB(millis, make === powertools ? {} : { cacheMiddleware: impatient.cacheMiddleware, logger: impatient.logger }).client);
  return async () => {
    const records = batch(size);
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    await take(records);
    const { user, system } = process.cpuUsage(cpu);
    return { millis: performance.now() - start, cpu: user + system };
  };
}

/** Handlers write their log and their metrics; a bench shows its figures only. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = ((_text: string, ...rest: unknown[]) => {
    const done = rest.find((each): each is () => void => typeof each === 'function');
    done?.();
    return true;
  }) as typeof process.stdout.write;
  try {
    return await work();
  } finally {
    process.stdout.write = write;
  }
}
