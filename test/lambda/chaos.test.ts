import fc from 'fast-check';
import { Chaos, scenarios } from './chaos';
import { PowertoolsModel } from './powertools-model';
import { startClock } from './virtual-clock';
import { storm } from '../chaos/storm';

const parameters = storm('claim and transaction', 50);

beforeEach(() => { jest.spyOn(console, 'warn').mockImplementation(() => {}); });
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

test('does every good event once and sets every poison aside, whatever crashes, hangs, is throttled, comes twice or comes back', async () => {
  await fc.assert(fc.asyncProperty(scenarios(), async (scenario) => {
    startClock();
    const chaos = new Chaos(scenario);

    await chaos.run();

    chaos.expectOnce();
    chaos.expectPoisonSetAside();
    parameters.passed(scenario.messages.reduce((sum, { copies }) => sum + copies, 0));
  }), parameters);

  expect(parameters.messages()).toBeGreaterThan(45 * parameters.numRuns);
}, 7_200_000);

test('would notice: claim, effect and completion as three calls do an event twice in the same storms', async () => {
  const property = fc.asyncProperty(scenarios('good'), async (scenario) => {
    startClock();
    const chaos = new Chaos(scenario, PowertoolsModel);

    await chaos.run();

    chaos.expectOnce();
  });

  const { failed, errorInstance } = await fc.check(property, { seed: parameters.seed, numRuns: 60, endOnFailure: true });

  expect(failed).toBe(true);
  expect(String(errorInstance)).toMatch(/good-\d+ was done \d times/);
}, 120_000);
