import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { KinesisEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import { ConsumersStack } from './consumers-stack';

/** A Kinesis stream with one shard, and its consumer. */
export class StreamStack extends ConsumersStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const stream = new Stream(this, 'Stream', { shardCount: 1 });
    const consumer = this.consumer('Streamed', { entry: 'stream-tasks', source: { kind: 'kinesis', arn: stream.streamArn } });
    consumer.addEventSource(new KinesisEventSource(stream, { startingPosition: StartingPosition.TRIM_HORIZON, reportBatchItemFailures: true }));
    this.output('StreamName', stream.streamName);
    this.output('StreamArn', stream.streamArn);
  }
}
