import { topicConsumer } from 'cdk-event-patterns/lambda';
import { doTask } from './scripted';
import { taskGiven } from '../task-given';

export const handler = topicConsumer({ on: taskGiven, process: doTask });
