import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { sources } from './folders';
import { LocalStackError } from './localstack-error';
import { digestOf, type Part } from './part';
import { fromRegistry } from './registry';

/** What the tools part offers to those who resolve jars. */
export interface JavaTools {
  readonly jgo: readonly [command: string, ...args: string[]];
  readonly javaHome: string;
}

/** The jars of JSONata, which Step Functions evaluates. */
export function jsonata(tools: JavaTools): Part {
  return {
    name: 'jsonata',
    title: 'JSONata for Step Functions',
    digest: digestOf(...inputs('jsonata')),
    proof: ['jsonata-0.9.7.jar'],
    make: (folder) => resolveJars('jsonata', folder, tools),
  };
}

/** DynamoDB Local, laid out as LocalStack starts it: `java -javaagent:ddb-local-loader-0.1.jar -jar DynamoDBLocal.jar`. */
export function dynamodb(tools: JavaTools): Part {
  return {
    name: 'dynamodb',
    title: 'DynamoDB Local',
    digest: digestOf(...inputs('dynamodb'), { text: 'layout 1' }),
    proof: ['DynamoDBLocal.jar', 'ddb-local-loader-0.1.jar'],
    make: async (folder) => {
      const library = join(folder, 'DynamoDBLocal_lib');
      mkdirSync(library);
      await resolveJars('dynamodb', library, tools);
      const agent = readdirSync(library).find((file) => file.startsWith('byte-buddy-agent-'));
      // LocalStack's own agent only lifts a limit on indexes and is on no registry; this one does nothing
      renameSync(join(library, String(agent)), join(folder, 'ddb-local-loader-0.1.jar'));
      writeFileSync(join(folder, 'DynamoDBLocal.jar'), thinJar(readdirSync(library).sort().map((file) => `DynamoDBLocal_lib/${file}`)));
    },
  };
}

function inputs(name: string) {
  return [{ path: join(sources, 'jars', `${name}.toml`) }, { path: join(sources, 'jars', `${name}.sha256`) }];
}

/** Resolves the coordinates of a toml file, and accepts exactly the files whose SHA-256 is written beside it. */
async function resolveJars(name: string, folder: string, { jgo: [command, ...args], javaHome }: JavaTools): Promise<void> {
  const work = join(folder, '.resolve');
  mkdirSync(work);
  copyFileSync(join(sources, 'jars', `${name}.toml`), join(work, 'jgo.toml'));
  await fromRegistry(command, [...args, '--quiet', '--resolver', 'python', 'sync'], {
    cwd: work,
    // npm sets COLOR to a number, which jgo does not accept
    env: { COLOR: 'plain', JAVA_HOME: javaHome, PATH: `${join(javaHome, 'bin')}${delimiter}${process.env.PATH ?? ''}` },
  });
  const wanted = checksums(name);
  for (const file of readdirSync(work, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(jar|so|dylib)$/.test(path))) {
    const content = readFileSync(join(work, file));
    if (wanted.get(basename(file)) !== createHash('sha256').update(content).digest('hex')) {
      throw new LocalStackError(`${basename(file)} is not the file that jars/${name}.sha256 names: clear the Maven cache (~/.m2/repository) and try again`);
    }
    wanted.delete(basename(file));
    writeFileSync(join(folder, basename(file)), content);
  }
  if (wanted.size > 0) { throw new LocalStackError(`the Maven repository did not bring ${[...wanted.keys()].join(', ')}: check its configuration and try again`); }
  rmSync(work, { recursive: true });
}

function checksums(name: string): Map<string, string> {
  const lines = readFileSync(join(sources, 'jars', `${name}.sha256`), 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => line.split(/\s+/, 2).reverse() as [string, string]));
}

/** A jar that holds nothing but a pointer to others. */
function thinJar(classPath: readonly string[]): Uint8Array {
  const manifest = [
    ['Manifest-Version', '1.0'],
    ['Main-Class', 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner'],
    ['Class-Path', classPath.join(' ')],
  ].map(([name, value]) => foldHeader(`${name}: ${value}`)).join('');
  return zipSync({ 'META-INF/MANIFEST.MF': strToU8(manifest) });
}

/** A line of a manifest holds 72 bytes; the rest goes on behind a space. */
function foldHeader(header: string): string {
  return `${[header.slice(0, 72), ...(header.slice(72).match(/.{1,71}/g) ?? []).map((rest) => ` ${rest}`)].join('\r\n')}\r\n`;
}
