import { eventConsumer } from 'cdk-event-patterns/lambda';
import { doTask } from './scripted';
import { taskGiven } from '../task-given';

export const handler = eventConsumer({ on: taskGiven, process: doTask });

export const onceForEachReplay = eventConsumer({ on: taskGiven, process: doTask, onReplay: 'force' });
