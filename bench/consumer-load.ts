import { bundle, bundles } from './bundles';
import { figure } from './figure';
import { freshProcess, inTurns } from './in-turns';

const environment = {
  AWS_REGION: 'eu-central-1',
  AWS_LAMBDA_FUNCTION_NAME: 'consumer',
  POWERTOOLS_SERVICE_NAME: 'shop',
  POWERTOOLS_METRICS_NAMESPACE: 'shop',
  FINISHED_WORK_TABLE: 'finished-work',
  RECEIPTS_TABLE: 'receipts',
  // on an old Node.js; functions run on a new one
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  EVENT_PATTERNS_CONSUMER: JSON.stringify({
    v: 1,
    id: 'Shop/Orders',
    construct: 'Shop/Orders',
    source: { kind: 'sqs', arn: 'arn:aws:sqs:eu-central-1:111111111111:orders', url: 'https://sqs.eu-central-1.amazonaws.com/111111111111/orders' },
    deadLetterQueue: 'https://sqs.eu-central-1.amazonaws.com/111111111111/dead-letters',
    idempotency: { table: 'finished-work', rememberFor: 86_400 },
    maxAttempts: 5,
    retry: { delay: 1, maxDelay: 900 },
  }),
};

const load = (file: string) => `if (typeof require(${JSON.stringify(file)}).handler !== 'function') { throw new Error('no handler'); }`;

/** The time from nothing to a handler that can take its first event: its modules are loaded, its clients and itself are made. */
export async function measureConsumerLoad() {
  await bundle();
  const medians = await inTurns(25, async () => freshProcess(load(bundles.ours), environment), async () => freshProcess(load(bundles.theirs), environment));
  return figure('consumer.load', 'ms', 'the usual Powertools set, bundled the same way', medians);
}
