// The errors of the runtime itself, and how any thrown value is told to Lambda.
import util from 'node:util';

const runtimeError = (name) => {
  const RuntimeError = class extends Error {};
  RuntimeError.prototype.name = `Runtime.${name}`;
  return RuntimeError;
};

export const CallbackHandlerDeprecated = runtimeError('CallbackHandlerDeprecated');
export const HandlerNotFound = runtimeError('HandlerNotFound');
export const ImportModuleError = runtimeError('ImportModuleError');
export const MalformedHandlerName = runtimeError('MalformedHandlerName');
export const UserCodeSyntaxError = runtimeError('UserCodeSyntaxError');

export class NodeJsExit extends runtimeError('NodeJsExit') {
  constructor() {
    super('The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes');
  }
}

export class UnhandledPromiseRejection extends runtimeError('UnhandledPromiseRejection') {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

const looksLikeError = (value) => util.types.isNativeError(value)
  || ['name', 'message', 'stack'].every((property) => typeof value?.[property] === 'string' && value[property] !== '');

/** The body of an error report. Step Functions, among others, depends on `errorType`. */
export const describe = (thrown) => {
  try {
    return looksLikeError(thrown)
      ? { errorType: thrown.name, errorMessage: thrown.message, trace: String(thrown.stack).split('\n') }
      : { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage: 'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
      trace: [],
    };
  }
};

const withAllProperties = (_key, value) => (value instanceof Error
  ? { errorType: value.name, errorMessage: value.message, code: value.code, ...value, stack: value.stack?.split('\n') }
  : value);

/** An error as it stands in a log line. */
export const format = (thrown) => {
  try {
    return `\t${JSON.stringify(thrown, withAllProperties)}`;
  } catch {
    return `\t${JSON.stringify(describe(thrown))}`;
  }
};
