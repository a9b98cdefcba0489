import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import execa from 'execa';
import { eventually } from '../eventually';
import { awsVariables, namedEndpoint } from './endpoint';
import { startLocalStack } from './localstack';
import { descendantsOf } from './processes';

const silentServer = async (): Promise<{ server: Server; port: number }> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as { port: number }).port };
};

const command = (env: NodeJS.ProcessEnv, ...args: string[]) => execa(process.execPath, ['--import', 'tsx', join('integ', 'localstack', 'cli.ts'), ...args], {
  cwd: join(__dirname, '..', '..'), env: { ...env, NO_COLOR: '1', FORCE_COLOR: undefined }, reject: false, timeout: 60_000,
});

describe('starting LocalStack', () => {
  test('gives an endpoint that answers, with nothing of the AWS settings of the user', async () => {
    const localstack = await startLocalStack();
    try {
      const sts = new STSClient({ endpoint: localstack.endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
      expect((await sts.send(new GetCallerIdentityCommand({}))).Account).toBe('000000000000');
    } finally {
      await localstack.stop();
    }
    // stopping again is no error
    await localstack.stop();
  });

  test('fails with the end of its log when it ends while it starts', async () => {
    const before = await descendantsOf(process.pid);
    const start = startLocalStack();
    start.catch(() => undefined);
    await eventually(async () => {
      const [supervisor] = (await descendantsOf(process.pid)).filter((pid) => !before.includes(pid));
      const [emulator] = supervisor ? await descendantsOf(supervisor) : [];
      expect(emulator).toBeDefined();
      process.kill(emulator!, 'SIGKILL');
    });

    await expect(start).rejects.toThrow(/^LocalStack ended while it started: the log ends with/);
  });

  test('fails at once on a port that is taken, naming it and the remedy', async () => {
    const { server, port } = await silentServer();
    try {
      await expect(startLocalStack({ port })).rejects.toThrow(`port ${port} is taken: end what listens there, choose another with --port`);
      const { exitCode, stderr } = await command({ AWS_ENDPOINT_URL: '' }, '--port', String(port));
      expect(exitCode).toBe(1);
      expect(stderr.split('\n')).toEqual([expect.stringContaining(`port ${port} is taken`)]);
    } finally {
      server.close();
    }
  });

  test.each(['70000', '-1', 'http'])('fails on --port %s', async (port) => {
    const { exitCode, stderr } = await command({ AWS_ENDPOINT_URL: '' }, `--port=${port}`);

    expect(exitCode).toBe(1);
    expect(stderr).toContain('give a number between 0 and 65535');
  });
});

describe('the endpoint in AWS_ENDPOINT_URL', () => {
  test('is used as it is, and nothing is started', async () => {
    const endpoint = String(process.env.AWS_ENDPOINT_URL);

    expect(await namedEndpoint({ AWS_ENDPOINT_URL: endpoint })).toBe(endpoint);
    const { exitCode, stdout } = await command({ AWS_ENDPOINT_URL: endpoint });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`${endpoint} is used and nothing is started`);
  });

  test('is undefined when it is not set', async () => {
    expect(await namedEndpoint({})).toBeUndefined();
    expect(await namedEndpoint({ AWS_ENDPOINT_URL: '' })).toBeUndefined();
  });

  test('fails when nothing listens there, in one line and within seconds', async () => {
    const { server, port } = await silentServer();
    await new Promise((resolve) => server.close(resolve));
    const start = Date.now();

    const { exitCode, stderr } = await command({ AWS_ENDPOINT_URL: `http://localhost:${port}` });

    expect(exitCode).toBe(1);
    expect(stderr).toBe(`AWS_ENDPOINT_URL is http://localhost:${port}, but nothing answers there as AWS does: start what it names, or unset it to have LocalStack started`);
    expect(Date.now() - start).toBeLessThan(10_000);
  });

  test('fails within seconds when something listens there but never answers', async () => {
    const { server, port } = await silentServer();
    server.on('connection', (socket) => socket.unref());
    try {
      await expect(namedEndpoint({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }, 500)).rejects.toThrow('nothing answers there as AWS does');
    } finally {
      server.close();
    }
  });

  test('fails when it is no URL', async () => {
    await expect(namedEndpoint({ AWS_ENDPOINT_URL: 'localhost' })).rejects.toThrow('which is no URL: give one such as http://localhost:4566');
  });

  test('is told to every AWS client of a program by a few variables', () => {
    expect(awsVariables('http://localhost:1')).toMatchObject({ AWS_ENDPOINT_URL: 'http://localhost:1', AWS_ENDPOINT_URL_S3: 'http://localhost:1' });
  });
});

test('requirements and locks name no host', () => {
  for (const file of ['requirements.txt', 'tools.txt', 'npm/kinesis-local/package-lock.json', 'npm/node-20/package-lock.json', 'npm/node-22/package-lock.json', 'npm/node-24/package-lock.json']) {
    expect(readFileSync(join(__dirname, file), 'utf8')).not.toMatch(/https?:\/\/|--(extra-)?index-url|"resolved"/);
  }
});
