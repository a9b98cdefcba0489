import { randomUUID } from 'node:crypto';
import { event, sendMessages } from 'cdk-event-patterns/lambda';
import { clients } from '../clients';
import { DeployedStack } from '../deployed-stack';
import { eventually } from '../eventually';
import { depth } from '../queue-contents';
import { type Charge, chargeDue } from '../stacks/charge-due';
import { ChargesStack } from '../stacks/charges-stack';
import { TestedConsumer } from '../tested-consumer';

const { sqs } = clients();
const stack = DeployedStack.of(ChargesStack);
const charges = new TestedConsumer(stack, 'Charges');

/** Has something charged, and waits until it is done or set aside. */
async function due(mishap: Charge['mishap'], onTimeout: Charge['onTimeout'] = 'retry'): Promise<Charge> {
  const charge = { id: randomUUID(), mishap, onTimeout };
  await sendMessages([event(chargeDue, charge)], { queue: stack.output('ChargesQueueUrl') });
  await eventually(async () => expect(await depth(sqs, stack.output('ChargesQueueUrl'))).toBe(0));
  return charge;
}

/** How often it was charged, and with how many keys; and the receipts. */
async function seen({ id }: Charge) {
  const [charged, receipts, runs] = await Promise.all([charges.chargesOf(id), charges.doneIn(id), charges.runsOf({ id })]);
  return { ...charged, receipts, runs };
}

test.each(['retry', 'block'] as const)('a step that fails runs again with its event (%s)', async (onTimeout) => {
  const charge = await due('throws before the charge', onTimeout);

  expect(await seen(charge)).toEqual({ times: 1, keys: 1, receipts: ['receipt of charge 1'], runs: 2 });
});

test.each(['retry', 'block'] as const)('a step that was done before its function was killed does not run again, and gives the same result (%s)', async (onTimeout) => {
  const charge = await due('dies after the step', onTimeout);

  expect(await seen(charge)).toEqual({ times: 1, keys: 1, receipts: ['receipt of charge 1'], runs: 2 });
  expect(await charges.lettersAbout(charge.id)).toEqual([]);
});

test.each([
  ['dies before the charge', 1, 'receipt of charge 1'],
  ['dies after the charge', 2, 'receipt of charge 2'],
  ['hangs after the charge', 2, 'receipt of charge 2'],
] as const)('a step whose function %s runs again with the same key, and its event counts once', async (mishap, times, receipt) => {
  const charge = await due(mishap);

  expect(await seen(charge)).toEqual({ times, keys: 1, receipts: [receipt], runs: 2 });
  expect(await charges.effectsOf(charge)).toBe(1);
});

test.each([
  ['dies before the charge', 0],
  ['dies after the charge', 1],
  ['hangs after the charge', 1],
] as const)('a step that blocks does not run again when its function %s: its event rests among the dead letters', async (mishap, times) => {
  const charge = await due(mishap, 'block');

  expect(await seen(charge)).toEqual({ times, keys: times, receipts: [], runs: 2 });
  expect((await charges.lettersAbout(charge.id)).map(({ letter }) => letter)).toEqual([
    expect.objectContaining({ reason: 'OutcomeUnknown', message: expect.stringContaining('step charge') }),
  ]);
});
