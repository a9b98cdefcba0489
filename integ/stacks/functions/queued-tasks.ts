import { queueConsumer } from 'cdk-event-patterns/lambda';
import { doTask } from './scripted';
import { taskGiven } from '../task-given';

export const handler = queueConsumer({ on: taskGiven, process: doTask });

export const parking = queueConsumer({ on: taskGiven, process: doTask, onGroupPoison: 'park' });
