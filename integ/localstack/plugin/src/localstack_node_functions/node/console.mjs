// Makes `console` write lines as Lambda has them: time, request id and level, or JSON.
import util from 'node:util';
import { format } from './errors.mjs';

// a full pipe would make Node.js keep lines for later: they would miss the log of their invocation, or be lost at an exit
for (const stream of [process.stdout, process.stderr]) { stream._handle?.setBlocking?.(true); }

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const json = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';
const lowest = Math.max(LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()), 0);

let requestId;

export const setRequestId = (id) => { requestId = id; };

const errorFields = (error) => ({
  errorType: error.constructor?.name ?? 'UnknownError',
  errorMessage: error.message,
  stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
});

const asJson = (level, values) => {
  const line = { timestamp: new Date().toISOString(), level, requestId };
  const replacer = (_key, value) => (value instanceof Error ? { ...errorFields(value), ...value } : value);
  if (values.length === 1) {
    try {
      return JSON.stringify({ ...line, message: values[0] }, replacer);
    } catch {
      return JSON.stringify({ ...line, message: util.format(values[0]) });
    }
  }
  const error = values.find((value) => value instanceof Error);
  return JSON.stringify({ ...line, message: util.format(...values), ...(error ? errorFields(error) : {}) });
};

const asText = (level, values) => `${new Date().toISOString()}\t${requestId}\t${level}\t${util.format(...values)}`;

const write = (level) => (...values) => {
  const line = json ? asJson(level, values) : asText(level, values);
  // one call, one log event: Lambda, too, keeps the lines of a message together in this way
  process.stdout.write(`${line.replace(/\n/g, '\r')}\n`);
};

const methods = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };
for (const [method, level] of Object.entries(methods)) {
  console[method] = LEVELS.indexOf(level) >= lowest ? write(level) : () => {};
}

const intoError = (thrown) => (thrown instanceof Error ? thrown : new Error(thrown));

export const logError = (title, thrown) => {
  if (json) { console.error(intoError(thrown)); } else { console.error(title, format(intoError(thrown))); }
};
