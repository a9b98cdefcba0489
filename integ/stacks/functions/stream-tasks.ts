import { streamConsumer } from 'cdk-event-patterns/lambda';
import { doTask } from './scripted';
import { taskGiven } from '../task-given';

export const handler = streamConsumer({ on: taskGiven, process: doTask });
