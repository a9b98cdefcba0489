/** For clients of producers: a connection that hangs must not cost a whole invocation; the SDK tries again. In milliseconds. */
export const impatient = { requestHandler: { connectionTimeout: 1_000, requestTimeout: 10_000, throwOnRequestTimeout: true } };
