import { dirname, join } from 'node:path';
import { nodeBinaries } from './node-parts';
import type { RunFolder } from './run-folder';

/** The whole environment of LocalStack: nothing of the user's gets in, least of all `AWS_*`. */
export function variablesOf(cache: string, run: RunFolder, port: number): Record<string, string> {
  return {
    // Kinesis starts the first `node` that it finds
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: run.home,
    // LocalStack warns of TMPDIR
    TEMP: run.temporary,
    LANG: 'C.UTF-8',
    PYTHONPATH: join(cache, 'plugin'),
    PYTHONUNBUFFERED: '1',
    // not below HOME, so that no one's profile is ever read
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',

    OVERRIDE_IN_DOCKER: '0',
    FILESYSTEM_ROOT: run.filesystemRoot,
    GATEWAY_LISTEN: `127.0.0.1:${port}`,
    LOCALSTACK_HOST: `localhost:${port}`,
    DNS_ADDRESS: '0',
    SKIP_SSL_CERT_DOWNLOAD: '1',
    DISABLE_EVENTS: '1',
    LS_LOG: 'warning',

    SQS_ENDPOINT_STRATEGY: 'path',
    DYNAMODB_IN_MEMORY: '1',
    KINESIS_LATENCY: '0',
    KINESIS_MOCK_VERSION: '0.5.2',
    // with 0 and no internet every type is refused; what it only pretends to create is found by pretended.ts
    CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES: '1',

    LAMBDA_RUNTIME_EXECUTOR: 'node-processes',
    LAMBDA_NODE_BINARIES: JSON.stringify(nodeBinaries(cache)),
    // the executor ends an initialisation after ten seconds itself
    LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT: '60',
    // the defaults (60 s between retries, up to 10 and 60 s between polls) make tests crawl
    LAMBDA_RETRY_BASE_DELAY: '1',
    LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC: '0.1',
    LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC: '0.5',
    LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_ERROR_SEC: '1',
  };
}
