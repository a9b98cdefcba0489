import execa from 'execa';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** The ids of running processes whose command line holds a text. */
export async function processesLike(text: string): Promise<number[]> {
  return (await running()).filter(({ command }) => command.includes(text)).map(({ pid }) => pid);
}

/** The ids of all that a process has started, directly or not. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const processes = await running();
  const below = (parent: number): number[] => processes.filter((process) => process.parent === parent).flatMap((child) => [child.pid, ...below(child.pid)]);
  return below(pid);
}

/** Which of these processes still run. */
export async function survivorsOf(pids: readonly number[]): Promise<Process[]> {
  return (await running()).filter(({ pid }) => pids.includes(pid));
}

/** Those that have ended and only wait for somebody to take note do not count. */
async function running(): Promise<Process[]> {
  const { stdout } = await execa('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args=']);
  return stdout.split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [])
    .filter(([, , , state]) => state !== undefined && !state.startsWith('Z'))
    .map(([, pid, parent, , command]) => ({ pid: Number(pid), parent: Number(parent), command: String(command) }));
}
