import { Tasks } from '../tasks';

const tasks = Tasks.deployed('PoisonTasks');
const room = 1_032_192; // bytes: what the queue takes, so that the reason still fits beside it

test.each([
  ['that is not JSON', '{"id": "half', 'NotJson', 'is not JSON'],
  ['that is not of the schema', '{"id": 7, "script": "work"}', 'SchemaMismatch', 'id: '],
  ['without a key', '{"id": "", "script": "work"}', 'MissingKey', 'TaskGiven.key gave no text'],
])('a message %s rests among the dead letters after one receive, whole, with the reason; its batch mates are handled', async (_what, body, reason, message) => {
  const mates = [tasks.task('work'), tasks.task('work')];

  await tasks.giveTogether(mates[0]!, body, mates[1]!);

  await tasks.atRest();
  const found = (await tasks.deadLetters()).filter(({ letter }) => letter.reason === reason);
  expect(found).toHaveLength(1);
  // LocalStack hands JSON on in its own spelling; what is no JSON stays to the letter
  expect(reason === 'NotJson' ? found[0]!.body : JSON.parse(found[0]!.body)).toEqual(reason === 'NotJson' ? body : JSON.parse(body));
  expect(found[0]!.letter).toMatchObject({ message: expect.stringContaining(message), receiveCount: 1, correlationId: 'unreadable', consumer: 'PoisonTasks/Tasks' });
  expect(await Promise.all(mates.map(async (mate) => tasks.effectsOf(mate)))).toEqual([1, 1]);
});

test('an unreadable message of the largest size that the queue takes rests among the dead letters, whole, with the reason', async () => {
  const body = 'x'.repeat(room);

  await tasks.giveAlone(body);

  await tasks.atRest();
  const found = (await tasks.deadLetters()).filter(({ body: { length } }) => length === room);
  expect(found).toEqual([expect.objectContaining({ body, letter: expect.objectContaining({ reason: 'NotJson', receiveCount: 1 }) })]);
});

test('a message that leaves no room for a reason is refused when it is sent', async () => {
  await expect(tasks.giveAlone('x'.repeat(room + 1))).rejects.toThrow(/shorter than|longer than|must be/);
});

test('a message whose effect is too large for its table rests among the dead letters at first sight', async () => {
  const task = tasks.task('write-too-much');

  await tasks.give(task);

  await tasks.atRest();
  const found = (await tasks.deadLetters()).filter(({ body }) => body.includes(task.id));
  expect(found).toEqual([expect.objectContaining({ letter: expect.objectContaining({ receiveCount: 1, attempt: 1 }) })]);
  expect(await tasks.effectsOf(task)).toBe(0);
});

test('a key that comes again with other content is no duplicate: it is set aside, and the first keeps its effect', async () => {
  const task = tasks.task('work');
  await tasks.give(task);
  await tasks.atRest();

  await tasks.give({ ...task, content: 'something else' });

  await tasks.atRest();
  const found = (await tasks.deadLetters()).filter(({ body }) => body.includes(task.id));
  expect(found).toEqual([expect.objectContaining({ letter: expect.objectContaining({ reason: 'KeyReuse' }) })]);
  expect(await tasks.effectsOf(task)).toBe(1);
});
