import { eventually } from '../eventually';
import { Tasks } from '../tasks';

const tasks = Tasks.deployed('KilledTasks');

test('a function that is killed in the middle of a batch loses nothing, repeats nothing, and sets nothing aside', async () => {
  const mates = [tasks.task('work'), tasks.task('work'), tasks.task('work')];
  const killer = tasks.task('kill-once');

  await tasks.giveTogether(mates[0]!, killer, mates[1]!, mates[2]!);

  await tasks.atRest();
  expect(await Promise.all([...mates, killer].map(async (task) => tasks.effectsOf(task)))).toEqual([1, 1, 1, 1]);
  expect(await tasks.deadLetters()).toEqual([]);
  await eventually(async () => expect((await tasks.log()).join('\n')).toContain('Runtime exited with error: signal: killed'));
  // the mates had counted before the function died, and were delivered again after it
  await eventually(async () => expect((await tasks.linesAbout(mates[0]!)).map(({ outcome }) => outcome)).toEqual(['processed', 'duplicate']));
});

test('an unreadable message is set aside once, though its function dies in the middle of the batch', async () => {
  const killer = tasks.task('kill-once');

  await tasks.giveTogether('not a task', killer, tasks.task('work'));

  await tasks.atRest();
  const found = await tasks.deadLetters();
  expect(found.map(({ body }) => body)).toEqual(['not a task']);
  expect(await tasks.effectsOf(killer)).toBe(1);
  await tasks.clearDeadLetters();
});

test('a message that kills its function every time rests alone among the dead letters, and its batch mates count once', async () => {
  const mates = [tasks.task('work'), tasks.task('work')];
  const killer = tasks.task('kill-always');

  await tasks.giveTogether(killer, ...mates);

  await tasks.atRest();
  expect(await Promise.all([killer, ...mates].map(async (task) => tasks.effectsOf(task)))).toEqual([0, 1, 1]);
  const found = await tasks.deadLetters();
  expect(found.map(({ body }) => JSON.parse(body) as unknown)).toEqual([killer]);
  expect(found[0]!.letter).toMatchObject({ reason: 'FunctionDied', attempt: 3 });
});
