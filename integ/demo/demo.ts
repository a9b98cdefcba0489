import { join } from 'node:path';
import { App, Duration } from 'aws-cdk-lib';
import { Command } from 'commander';
import { Listr, type ListrTask } from 'listr2';
import pc from 'picocolors';
import { OrdersStack } from '../../samples/orders/orders-stack';
import { clients } from '../clients';
import { bootstrap, deploy, destroy, synthesize } from '../deployment';
import { type Endpoint, obtainEndpoint } from '../endpoint';
import { eventually } from '../eventually';
import { Interrupted, interruption, unlessInterrupted } from '../interruption';
import { account, deviations, letters, type Moment } from './account';
import { type DemoOrder, demoOrders } from './orders';
import { Shop } from './shop';

const stackName = 'OrdersDemo';
const orders = demoOrders();

/** The sample's own stack, with a handler in bad company and little patience, so that the demo does not take long. */
function buildApp(outdir: string): App {
  const app = new App({ outdir });
  new OrdersStack(app, stackName, {
    entry: join(__dirname, 'functions', 'unreliable-reserve-stock.ts'), timeout: Duration.seconds(2), maxRetryDelay: Duration.seconds(2),
  });
  return app;
}

/** What the steps hand on to each other. */
interface Stage {
  /** Begun at once, to be there when the endpoint is. */
  readonly assembly: ReturnType<typeof synthesize>;
  endpoint?: Endpoint;
  /** What is to be taken down, once it has come to an end. */
  deployment?: ReturnType<typeof deploy>;
  shop?: Shop;
}

/** The demo up to the moment when every order has come to rest. */
const openTheShop = (stage: Stage) => steps(stage, {
  'Start LocalStack': async (_, tell) => { stage.endpoint = await obtainEndpoint(tell); },
  'Bootstrap the environment': async (_, tell) => bootstrap(tell),
  'Deploy the sample with the CDK': async (_, tell) => {
    stage.deployment = deploy(await stage.assembly, tell);
    const outputs = await stage.deployment;
    stage.shop = new Shop(clients(), outputs[stackName]!);
    await stage.shop.stockUp(orders);
  },
  [`Send ${orders.length} orders, some of them twice`]: async (shop, tell) => {
    await shop().send(orders.flatMap((order) => order.sent === 'twice at once' ? [order, order] : [order]));
    tell('the second copies wait until the first are handled');
    const later = orders.filter(({ sent }) => sent === 'twice in turn');
    await handled(shop(), later);
    await shop().send(later);
  },
  'Wait until every order has come to rest': async (shop, tell) => atRest(shop(), orders.filter(({ expected }) => expected.deadLetter).length, tell),
});

/** What an operator does about the dead letters. */
const repairTheShop = (stage: Stage) => steps(stage, {
  'Put the missing article on the shelf': async (shop) => shop().repair(orders),
  'Redrive the dead letters': async (shop, tell) => {
    await shop().redrive();
    await handled(shop(), orders.filter(({ missingArticle }) => missingArticle));
    await atRest(shop(), orders.filter(({ expected }) => expected.deadLetterAfterRedrive).length, tell);
  },
});

async function main(): Promise<number> {
  new Command('npm run demo').description('Deploys the sample to LocalStack, or to the endpoint in AWS_ENDPOINT_URL, and sends orders through it.').parse();
  const started = Date.now();
  const interrupted = interruption();
  const stage: Stage = { assembly: synthesize(buildApp) };
  stage.assembly.catch(() => {}); // the step that needs it will say so
  const wrong: string[] = [];
  const giveAccount = async (moment: Moment) => {
    const seen = await stage.shop!.look(orders);
    console.log(`\n${account(seen, moment)}\n\nDead letters ${moment}:\n${letters(seen)}\n`);
    wrong.push(...deviations(seen, moment).map((line) => `${moment}, ${line}`));
  };
  try {
    await unlessInterrupted(interrupted, openTheShop(stage).run());
    await unlessInterrupted(interrupted, giveAccount('before the redrive'));
    await unlessInterrupted(interrupted, repairTheShop(stage).run());
    await unlessInterrupted(interrupted, giveAccount('after the redrive'));
  } finally {
    // a LocalStack of ours takes everything with it
    if (stage.deployment && !stage.endpoint?.ours) {
      await stage.deployment.catch(() => {}); // a stack that is half there cannot be taken down
      await destroy(await stage.assembly);
    }
    await stage.endpoint?.stop();
    await stage.assembly.then(async (assembly) => assembly.dispose(), () => {});
  }
  for (const line of wrong) { console.error(pc.red(line)); }
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(wrong.length === 0 ? pc.green(`Every order came out as it must, in ${seconds} s.`) : pc.red(`${wrong.length} things came out wrong.`));
  return wrong.length === 0 ? 0 : 1;
}

/** Until each of these orders has its receipt. */
async function handled(shop: Shop, some: readonly DemoOrder[]): Promise<void> {
  await eventually(async () => {
    for (const [{ orderId }, { receipts }] of await shop.look(some)) { if (receipts === 0) { throw new Error(`${orderId} is not handled`); } }
  });
}

/** Until nothing is on its way any more, and at least the expected number of dead letters rests; what is too many, the account shows. */
async function atRest(shop: Shop, deadLetters: number, tell: (line: string) => void): Promise<void> {
  let told = '';
  await eventually(async () => {
    const waiting = await shop.waiting();
    const state = `${waiting.orders} messages on their way, ${waiting.deadLetters} dead letters`;
    if (state !== told) { tell(told = state); }
    if (waiting.orders > 0 || waiting.deadLetters < deadLetters) { throw new Error(`not at rest after two minutes: ${state}`); }
  }, 120_000);
}

/** Errors that a step has shown beside its title. */
const shown = new WeakSet<object>();

type Step = (shop: () => Shop, tell: (line: string) => void) => Promise<unknown>;

function steps(stage: Stage, list: Record<string, Step>) {
  const tasks = Object.entries(list).map(([title, step]): ListrTask => ({
    title,
    task: async (_context, task) => {
      try {
        await step(() => stage.shop!, (line) => { task.output = line.trim(); });
      } catch (error) {
        shown.add(error as object);
        throw error;
      }
    },
  }));
  return new Listr(tasks, { fallbackRenderer: 'simple', fallbackRendererCondition: () => !process.stdout.isTTY, registerSignalListeners: false });
}

main().then((code) => process.exit(code), (error: unknown) => {
  if (!shown.has(error as object)) { console.error(pc.red((error as Error).message)); }
  process.exit(error instanceof Interrupted ? error.exitCode : 1);
});
