import { eventually } from '../eventually';
import { Tasks } from '../tasks';

const tasks = Tasks.deployed('RetryTasks');

test('a message whose handler fails twice and then works counts once', async () => {
  const task = tasks.task('fail-twice');

  await tasks.give(task);

  await tasks.atRest();
  expect(await tasks.effectsOf(task)).toBe(1);
  await eventually(async () => {
    expect((await tasks.linesAbout(task)).map(({ outcome, attempt }) => [outcome, attempt])).toEqual([['retry', 1], ['retry', 2], ['processed', 3]]);
  });
  expect((await tasks.deadLetters()).filter(({ body }) => body.includes(task.id))).toEqual([]);
});

test('a message that fails every try rests among the dead letters, whole; repaired and redriven it counts once', async () => {
  const task = tasks.task('need-repair');
  await tasks.give(task);
  await tasks.atRest();
  const [found, ...more] = await tasks.deadLetters();
  expect(more).toEqual([]);
  expect(JSON.parse(found!.body)).toEqual(task);
  expect(found!.letter).toMatchObject({
    reason: 'WriteRefused', message: expect.stringContaining('ConditionCheck on RetryTasks-Effects'), attempt: 3, correlationId: `cause-of-${task.id}`,
  });
  expect(await tasks.effectsOf(task)).toBe(0);

  await tasks.repair();
  await tasks.redrive();

  await eventually(async () => expect(await tasks.effectsOf(task)).toBe(1));
  await tasks.atRest();
  expect(await tasks.effectsOf(task)).toBe(1);
  expect(await tasks.deadLetters()).toEqual([]);
  // under its new message id it is still known by what caused it
  await eventually(async () => {
    expect((await tasks.linesAbout(task)).at(-1)).toMatchObject({ outcome: 'processed', attempt: 1, correlationId: `cause-of-${task.id}` });
  });
});
