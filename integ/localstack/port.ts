import { createServer } from 'node:net';
import { LocalStackError } from './localstack-error';

/** The wanted port when it is free, or any free one for 0. */
export async function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${error.code})`;
      const remedy = `end what listens there, choose another with --port, or use what listens there by AWS_ENDPOINT_URL=http://localhost:${wanted}`;
      reject(new LocalStackError(`port ${wanted} ${reason}: ${remedy}`));
    });
    server.listen({ port: wanted, host: '127.0.0.1', exclusive: true }, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
