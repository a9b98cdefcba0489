import { writeFileSync } from 'node:fs';
import Table from 'cli-table3';
import { Command } from 'commander';
import { Listr } from 'listr2';
import { compile } from './compiled-package';
import { measureConsumerBundle } from './consumer-bundle';
import { measureConsumerLoad } from './consumer-load';
import { measureCpu, measureRequests, measureThroughput } from './consumer-work';
import type { Figure } from './figure';
import { measureImport } from './import';
import { measureSynthQueue } from './synth-queue';

const measures: Record<string, () => Promise<Figure | Figure[]>> = {
  'import': measureImport,
  'synth.queue': measureSynthQueue,
  'consumer.bundle': measureConsumerBundle,
  'consumer.load': measureConsumerLoad,
  'consumer.requests': measureRequests,
  'consumer.throughput': measureThroughput,
  'consumer.cpu': measureCpu,
};

const program = new Command('bench')
  .description('What we cost, as ratios to what a user would have without us. Ratios of one run compare; milliseconds of two machines do not.')
  .option('--json <file>', 'writes the figures into this file too')
  .action(async ({ json }: { json?: string }) => {
    const figures: Figure[] = [];
    await new Listr([
      { title: 'compile', task: async () => compile() },
      ...Object.entries(measures).map(([title, measure]) => ({ title, task: async () => { figures.push(...[await measure()].flat()); } })),
    ], { fallbackRenderer: 'silent', fallbackRendererCondition: !process.stdout.isTTY }).run();

    console.log(table(figures));
    if (json) { writeFileSync(json, `${JSON.stringify(figures, undefined, 2)}\n`); }
  });

function table(figures: readonly Figure[]): string {
  const lines = new Table({ head: ['figure', 'ours', 'theirs', 'ratio', 'theirs is'], colAligns: ['left', 'right', 'right', 'right', 'left'], style: { head: [], border: [] } });
  for (const { name, value, unit, against, ratio } of figures) {
    lines.push([name, `${value.toFixed(1)} ${unit}`, `${(value / ratio).toFixed(1)} ${unit}`, `${ratio.toFixed(2)} x`, against]);
  }
  return lines.toString();
}

program.parseAsync().catch((error: unknown) => {
  console.error((error as Error).stack);
  process.exitCode = 1;
});
