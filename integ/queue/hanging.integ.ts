import { eventually } from '../eventually';
import { Tasks } from '../tasks';

const tasks = Tasks.deployed('HangingTasks');

test('a handler that hangs is given up before the function\'s time is up; its batch mates are answered, and it is tried again', async () => {
  const [hanging, mate] = [tasks.task('hang-once'), tasks.task('work')];

  await tasks.giveTogether(hanging, mate);

  await tasks.atRest();
  expect([await tasks.effectsOf(hanging), await tasks.effectsOf(mate)]).toEqual([1, 1]);
  await eventually(async () => {
    expect((await tasks.linesAbout(hanging)).map(({ outcome, attempt }) => [outcome, attempt])).toEqual([['retry', 1], ['processed', 2]]);
    // answered, not killed: the mate was delivered once
    expect((await tasks.linesAbout(mate)).map(({ outcome }) => outcome)).toEqual(['processed']);
  });
  expect(await tasks.deadLetters()).toEqual([]);
});

test('a handler that never lets go is killed by its timeout; nothing is lost, repeated or set aside', async () => {
  const [spinning, mate] = [tasks.task('spin-once'), tasks.task('work')];

  await tasks.giveTogether(mate, spinning);

  await tasks.atRest();
  expect([await tasks.effectsOf(spinning), await tasks.effectsOf(mate)]).toEqual([1, 1]);
  await eventually(async () => expect((await tasks.log()).join('\n')).toContain('Task timed out after 2.00 seconds'));
  expect(await tasks.deadLetters()).toEqual([]);
});
