import { eventually } from '../eventually';
import { Tasks } from '../tasks';

const tasks = Tasks.deployed('OnceTasks');

test('two messages with the same key in one batch count once', async () => {
  const task = tasks.task('work');

  await tasks.giveTogether(task, task);

  await tasks.atRest();
  expect(await tasks.effectsOf(task)).toBe(1);
  await eventually(async () => expect(await tasks.linesAbout(task)).toEqual([expect.objectContaining({ outcome: 'processed', copies: 2, attempt: 1 })]));
});

test('two messages with the same key in two batches count once', async () => {
  const task = tasks.task('work');
  await tasks.give(task);
  await eventually(async () => expect(await tasks.effectsOf(task)).toBe(1));

  await tasks.give(task);

  await tasks.atRest();
  expect(await tasks.effectsOf(task)).toBe(1);
  await eventually(async () => expect((await tasks.linesAbout(task)).map(({ outcome }) => outcome)).toEqual(['processed', 'duplicate']));
});

test('two messages with different keys are both handled', async () => {
  const [one, other] = [tasks.task('work'), tasks.task('work')];

  await tasks.giveTogether(one, other);

  await tasks.atRest();
  expect([await tasks.effectsOf(one), await tasks.effectsOf(other)]).toEqual([1, 1]);
  expect(await tasks.deadLetters()).toEqual([]);
});

test('every line about a message carries the correlation id that its sender gave', async () => {
  const task = tasks.task('work');

  await tasks.give(task);

  await eventually(async () => expect(await tasks.linesAbout(task)).toEqual([expect.objectContaining({ correlationId: `cause-of-${task.id}` })]));
});

test('the payload is in no log line', async () => {
  const task = { ...tasks.task('work'), content: 'strictly-confidential' };

  await tasks.give(task);

  await eventually(async () => expect(await tasks.linesAbout(task)).toHaveLength(1));
  expect((await tasks.log()).join('\n')).not.toContain('strictly-confidential');
});
