import { asyncConsumer } from 'cdk-event-patterns/lambda';
import { doTask } from './scripted';
import { taskGiven } from '../task-given';

export const handler = asyncConsumer({ on: taskGiven, process: doTask });
