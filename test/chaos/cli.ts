import { Command, InvalidArgumentError } from 'commander';
import execa from 'execa';
import { Listr, type ListrTaskWrapper } from 'listr2';

interface Told { readonly name: string; readonly runs: number; readonly numRuns: number; readonly messages: number }

/** The storms, by their files in test/lambda. */
const storms = { 'claim and transaction': 'chaos', 'memory inside the entity': 'entity-storm', 'events without gaps': 'gapless-storm', 'message groups': 'fifo-storm', 'hostile messages': 'hostile' } as const;

const program = new Command('chaos')
  .description('Sends very many messages through the handlers while functions die, services are busy, answers get lost and messages come twice, late and in another order.')
  .option('--messages <count>', 'about how many messages for each storm', positive, 200_000)
  .option('--seed <number>', 'makes another storm; a failure names the seed that replays it', positive)
  .action(async ({ messages, seed }: { messages: number; seed?: number }) => {
    const env = { CHAOS_MESSAGES: String(messages), CHAOS_PROGRESS: '1', ...(seed === undefined ? {} : { CHAOS_SEED: String(seed) }) };
    await new Listr(Object.entries(storms).map(([title, file]) => ({ title, task: async (_context: unknown, task: Task) => run(file, env, task) })), {
      concurrent: 2, exitOnError: false, collectErrors: 'minimal', fallbackRendererCondition: !process.stdout.isTTY,
    }).run();
  });

type Task = ListrTaskWrapper<unknown, never, never>;

async function run(file: string, env: NodeJS.ProcessEnv, task: Task): Promise<void> {
  const { title } = task;
  const jest = execa(process.execPath, ['node_modules/jest/bin/jest.js', '--config', 'test/jest.config.json', '--silent', `test/lambda/${file}\\.test`], { env, all: true });
  let sum = 0;
  jest.all!.on('data', (chunk: Buffer) => {
    for (const [, json] of chunk.toString().matchAll(/^storm (\{.*\})$/gm)) {
      const { runs, numRuns, messages } = JSON.parse(json!) as Told;
      sum = messages;
      task.title = `${title}: ${messages.toLocaleString('en')} messages, ${Math.round(100 * runs / numRuns)} %`;
    }
  });
  try {
    await jest;
    task.title = `${title}: ${sum.toLocaleString('en')} messages, none lost, none counted twice`;
  } catch (error) {
    // what fast-check says of the smallest case, with its seed and path
    throw new Error((error as { all?: string }).all?.replace(/\n*storm \{.*\}\n/g, '').slice(0, 8_000) ?? String(error));
  }
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) { throw new InvalidArgumentError('a whole number from 1'); }
  return number;
}

program.parseAsync().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
