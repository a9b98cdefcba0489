import { type AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { MemoryDynamoDB } from '../../lambda/testing/dynamodb/memory-dynamodb';

interface Request {
  readonly TransactItems?: readonly object[];
  readonly RequestItems?: object;
}

/** DynamoDB in memory that remembers what it was asked, and refuses what it is told to refuse. */
export class ObservedDynamoDB {
  readonly requests: { readonly name: string; readonly input: Request }[] = [];
  /** Errors to answer with, before anything is done. */
  readonly failures: unknown[] = [];
  private readonly db = new MemoryDynamoDB();

  client(): DynamoDBClient {
    const inner = this.db.client();
    const send = async (command: { readonly input: Request; readonly constructor: { readonly name: string } }): Promise<unknown> => {
      this.requests.push({ name: command.constructor.name.replace('Command', ''), input: command.input });
      if (this.failures.length > 0) { throw this.failures.shift(); }
      return inner.send(command as never);
    };
    return Object.assign(new DynamoDBClient({ region: 'eu-west-1' }), { send });
  }

  put(table: string, item: Record<string, AttributeValue>): void {
    this.db.put(table, unmarshall(item));
  }

  item(table: string, id: string): Record<string, AttributeValue> | undefined {
    const found = this.db.items(table).find((item) => item.id === id);
    return found && marshall(found);
  }
}
