import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

// jsii-rosetta compiles what it can translate into other languages; handlers are written in TypeScript only, so it is our turn with them
const root = join(__dirname, '..', '..');
const blocksOf = (page: string) => [...readFileSync(join(root, page), 'utf8').matchAll(/^```mts\n(.*?)^```$/gms)].map(([, code]) => code!);

/** What the compiler says of a page's handler code, with all blocks in one file. */
function complaints(code: string): string[] {
  const folder = mkdtempSync(join(root, 'test', 'readme', 'tmp-'));
  try {
    const file = join(folder, 'readme.ts');
    writeFileSync(file, code);
    const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(join(root, 'tsconfig.dev.json'), (path) => ts.sys.readFile(path)).config, ts.sys, root);
    return ts.getPreEmitDiagnostics(ts.createProgram([file], { ...options, noEmit: true })).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each([['README.md', 2], ['docs/handlers.md', 5]])('the handler code of %s compiles', (page, count) => {
  const blocks = blocksOf(page);

  expect(blocks).toHaveLength(count);
  expect(complaints(blocks.join('\n'))).toEqual([]);
});

test('a mistake in it would be found', () => {
  expect(complaints(blocksOf('README.md').join('\n').replace('order.quantity', 'order.quantities'))).toEqual([expect.stringContaining('quantities')]);
});
