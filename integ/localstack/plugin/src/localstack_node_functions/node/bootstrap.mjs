// The runtime of one function process: loads the handler, then asks the Lambda Runtime API for one event after the other.
// It follows AWS's own client, aws/aws-lambda-nodejs-runtime-interface-client; response streaming is left out on purpose.
import { setRequestId, logError } from './console.mjs';
import { describe, NodeJsExit, UnhandledPromiseRejection } from './errors.mjs';
import { loadHandler } from './handler.mjs';
import { initError, nextInvocation, postError, postResponse } from './runtime-api.mjs';

// until there is an invocation, an error belongs to the initialisation
let report = (error) => initError(describe(error));
let onEventLoopEmpty = () => {};

const die = async (error, title, status) => {
  logError(title, error);
  await report(error);
  process.exit(status);
};
process.on('uncaughtException', (error) => die(error, 'Uncaught Exception', 129));
process.on('unhandledRejection', (reason) => die(new UnhandledPromiseRejection(reason), 'Unhandled Promise Rejection', 128));
process.on('beforeExit', () => onEventLoopEmpty());

const contextOf = (headers) => {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const clientContext = headers['lambda-runtime-client-context'];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: clientContext === undefined ? undefined : JSON.parse(clientContext),
    identity: undefined,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
};

/** Resolves with what the handler answers, by its promise, its callback, or (before Node.js 24) the context. */
const run = (handler, event, context) => new Promise((resolve, reject) => {
  const done = (error, value) => (error === undefined || error === null ? resolve(value) : reject(error));
  const isAsync = handler.constructor.name === 'AsyncFunction';
  onEventLoopEmpty = () => (isAsync ? reject(new NodeJsExit()) : resolve(null));

  const callback = (error, value) => {
    if (error !== undefined && error !== null) { reject(error); return; }
    if (!context.callbackWaitsForEmptyEventLoop) { resolve(value); return; }
    onEventLoopEmpty = () => resolve(value);
  };
  if (Number(process.versions.node.split('.')[0]) < 24) {
    Object.assign(context, { done, succeed: (value) => done(null, value), fail: (error) => done(error ?? 'handled') });
  }

  const result = handler(event, context, callback);
  if (typeof result?.then === 'function') { result.then(resolve, reject); }
});

const serialize = (value) => {
  try {
    return JSON.stringify(value === undefined ? null : value) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
};

const serve = async (handler) => {
  const { headers, body } = await nextInvocation();
  const id = headers['lambda-runtime-aws-request-id'];
  setRequestId(id);
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  report = (error) => postError(id, describe(error));
  let answer;
  try {
    answer = serialize(await run(handler, JSON.parse(body), contextOf(headers)));
  } catch (error) {
    onEventLoopEmpty = () => {};
    logError('Invoke Error', error);
    await postError(id, describe(error));
    return;
  }
  onEventLoopEmpty = () => {};
  await postResponse(id, answer);
};

const main = async () => {
  const handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
  for (;;) { await serve(handler); }
};

main().catch((error) => die(error, 'Uncaught Exception', 1));
