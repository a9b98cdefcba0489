import { tableStreamConsumer } from 'cdk-event-patterns/lambda';
import { doTask } from './scripted';
import { versionedTask } from '../versioned-task';

// what each change is called among those of its item; a change is a task with the script that the item has by then
export const handler = tableStreamConsumer({
  item: versionedTask,
  process: {
    insert: ({ id, version, script }, processing) => doTask({ id: `insert ${version} of ${id}`, script, content: id }, processing),
    modify: ({ before, after: { id, version, script } }, processing) => doTask({ id: `modify ${before?.version} to ${version} of ${id}`, script, content: id }, processing),
    remove: ({ id, version, script }, processing) => doTask({ id: `remove ${version} of ${id}`, script, content: id }, processing),
  },
});
