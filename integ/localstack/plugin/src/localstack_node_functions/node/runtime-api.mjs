// Calls of the Lambda Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import http from 'node:http';

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
// one connection: an answer always arrives before the question for the next event
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

const call = (method, path, body) => new Promise((resolve) => {
  const payload = body === undefined ? undefined : Buffer.from(body);
  const headers = payload ? { 'Content-Type': 'application/json', 'Content-Length': payload.length } : {};
  const request = http.request({ hostname, port, path: `/2018-06-01/runtime${path}`, method, agent, headers }, (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
  });
  // nobody is left to work for: the emulator is gone
  request.on('error', () => process.reallyExit(1));
  request.end(payload);
});

export const nextInvocation = () => call('GET', '/invocation/next');
export const postResponse = (id, json) => call('POST', `/invocation/${id}/response`, json);
export const postError = (id, error) => call('POST', `/invocation/${id}/error`, JSON.stringify(error));
export const initError = (error) => call('POST', '/init/error', JSON.stringify(error));
