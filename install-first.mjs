// Runs a task of the project, after `npm ci` when what is installed is not what package-lock.json says.
// Plain Node.js without dependencies: this is the first thing that runs on a fresh clone.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const [task, ...args] = process.argv.slice(2);
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 16)) {
  console.error(`Node.js ${process.versions.node} is too old: install 20.16 or newer.`);
  process.exit(1);
}

const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages ?? {};

function installed() {
  if (!existsSync('node_modules/.package-lock.json')) { return false; }
  const found = packages('node_modules/.package-lock.json');
  // an optional package may be missing: it is for another platform
  return Object.entries(packages('package-lock.json')).every(([path, { version, optional }]) => path === '' || optional || found[path]?.version === version);
}

function run(command, commandArgs) {
  const { status, signal } = spawnSync(command, commandArgs, { stdio: 'inherit', shell: process.platform === 'win32' });
  return status ?? (signal === 'SIGINT' ? 130 : 1);
}

// an interrupt is for the task, which cleans up; this process only waits for it
for (const signal of ['SIGINT', 'SIGTERM']) { process.on(signal, () => {}); }

if (!installed()) {
  console.error('Installing the dependencies (npm ci) ...');
  const code = run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error']);
  if (code !== 0) {
    console.error('npm ci failed: is the npm registry reachable?');
    process.exit(code);
  }
}
process.exit(run('npx', ['--no-install', 'projen', task, ...args]));
