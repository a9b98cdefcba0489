// Runs Node.js with the given arguments, after `npm ci` when what is installed is not what package-lock.json says.
// Plain Node.js without dependencies: this is the first thing that runs on a fresh clone.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

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

// tsx would take the root's tsconfig.json, which knows src only
const env = { TSX_TSCONFIG_PATH: 'tsconfig.dev.json', ...process.env };
let running;

function run(command, commandArgs) {
  return new Promise((resolve) => {
    running = spawn(command, commandArgs, { stdio: 'inherit', shell: process.platform === 'win32', env });
    running.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
    running.on('error', (error) => {
      console.error(`${command} cannot be started: ${error.message}`);
      resolve(1);
    });
  });
}

// a terminal interrupts the task by itself; a signal to this process alone is passed on. Either way the task cleans up, and we wait for it
process.on('SIGINT', () => {});
process.on('SIGTERM', () => running?.kill('SIGTERM'));
// npm does not always pass a signal on before it goes
const parent = process.ppid;
setInterval(() => { if (process.ppid !== parent) { running?.kill('SIGTERM'); } }, 500).unref();

if (!installed()) {
  console.error('Installing the dependencies (npm ci) ...');
  const code = await run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error']);
  if (code !== 0) {
    console.error('npm ci failed: is the npm registry reachable?');
    process.exit(code);
  }
}
process.exit(await run(process.execPath, process.argv.slice(2)));
