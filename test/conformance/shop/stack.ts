// Every construct, with its defaults and with a key, as a user's app would have it.
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ConsumerFunction, DeadLetterQueue, IdempotencyTable, PointToPointQueue } from 'cdk-event-patterns';

const app = new App({ outdir: process.argv[2]! });
const stack = new Stack(app, 'Shop');

const reserve = new ConsumerFunction(stack, 'Reserve', { entry: 'functions/reserve.ts', timeout: Duration.seconds(10) });
const orders = new PointToPointQueue(stack, 'Orders', { consumer: reserve });

const encryptionKey = new Key(stack, 'Key');
const invoice = new ConsumerFunction(stack, 'Invoice', { entry: 'functions/reserve.ts', encryptionKey });
new PointToPointQueue(stack, 'Invoices', {
  consumer: invoice,
  maxConcurrency: 5,
  encryptionKey,
  deadLetterQueue: new DeadLetterQueue(stack, 'DeadLetters', { encryptionKey }),
  idempotencyTable: new IdempotencyTable(stack, 'FinishedWork', { encryptionKey }),
});

orders.grantSend(invoice);
orders.metricDeadLetters().createAlarm(stack, 'Alarm', { threshold: 1, evaluationPeriods: 1 });

app.synth();
