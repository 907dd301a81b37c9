import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { TABLE_KEYS } from '../../names.ts';
import { awsError } from '../awsErrors.ts';

/** What an attribute holds: a text, a number or a set of texts. */
export type Value = string | number | readonly string[];
export type Item = Readonly<Record<string, Value>>;

export interface ItemKey {
  readonly partition: string;
  readonly sort: string;
}

/** A condition or an update with the values that it names (`:now`); `#name` stands for the attribute `name`. */
export interface Expression {
  readonly text: string;
  readonly values?: Readonly<Record<string, Value>>;
}

export interface PutOptions {
  readonly key: ItemKey;
  readonly item: Item;
  readonly condition?: Expression;
}

/** The one table; all reads are strongly consistent. Methods throw RetryableError when DynamoDB throttles or does not answer. */
export interface DynamoTable {
  get(key: ItemKey): Promise<Item | null>;
  /** The items of a partition in the order of their sort keys, or those between two sort keys, both included. */
  query(partition: string, range?: { readonly from: string; readonly to: string }): Promise<readonly Item[]>;
  /** Returns whether the condition held. */
  put(options: PutOptions): Promise<boolean>;
  /** Returns the item afterwards, null when the condition did not hold. */
  update(key: ItemKey, change: Expression, condition?: Expression): Promise<Item | null>;
  /** All or none; returns whether all conditions held. */
  putTogether(puts: readonly PutOptions[]): Promise<boolean>;
  remove(key: ItemKey): Promise<void>;
}

/** The table behind a client, whose retries are bounded by its own settings. */
export function createDynamoTable(client: DynamoDBClient, name: string): DynamoTable {
  const keyOf = ({ partition, sort }: ItemKey) => ({
    [TABLE_KEYS.partition]: { S: partition },
    [TABLE_KEYS.sort]: { S: sort },
  });
  const putOf = ({ key, item, condition }: PutOptions) => ({
    TableName: name,
    Item: { ...keyOf(key), ...encodeItem(item) },
    ...(condition && { ConditionExpression: condition.text }),
    ...expressionNames([condition]),
  });

  return {
    get: (key) =>
      awsError('read from the table', async () => {
        const command = new GetItemCommand({ TableName: name, Key: keyOf(key), ConsistentRead: true });
        const { Item: item } = await client.send(command);
        return item ? decodeItem(item) : null;
      }),
    query: (partition, range) =>
      awsError('read from the table', async () => {
        const items: Item[] = [];
        let start: Record<string, AttributeValue> | undefined;
        do {
          const page = await client.send(queryOf(name, { partition, range, start }));
          for (const item of page.Items ?? []) items.push(decodeItem(item));
          start = page.LastEvaluatedKey;
        } while (start);
        return items;
      }),
    put: (options) =>
      awsError('written to the table', () => conditionsHeld(client.send(new PutItemCommand(putOf(options))))),
    update: (key, change, condition) =>
      awsError('written to the table', async () => {
        const command = new UpdateItemCommand({
          TableName: name,
          Key: keyOf(key),
          UpdateExpression: change.text,
          ...(condition && { ConditionExpression: condition.text }),
          ...expressionNames([change, condition]),
          ReturnValues: 'ALL_NEW',
        });
        try {
          return decodeItem((await client.send(command)).Attributes ?? {});
        } catch (error) {
          if (error instanceof ConditionalCheckFailedException) return null;
          throw error;
        }
      }),
    putTogether: (puts) =>
      awsError('written to the table', () =>
        conditionsHeld(
          client.send(
            new TransactWriteItemsCommand({ TransactItems: puts.map((put) => ({ Put: putOf(put) })) }),
          ),
        ),
      ),
    remove: (key) =>
      awsError('removed from the table', async () => {
        await client.send(new DeleteItemCommand({ TableName: name, Key: keyOf(key) }));
      }),
  };
}

interface Page {
  readonly partition: string;
  readonly range: { readonly from: string; readonly to: string } | undefined;
  readonly start: Record<string, AttributeValue> | undefined;
}

function queryOf(name: string, { partition, range, start }: Page): QueryCommand {
  const { partition: pk, sort: sk } = TABLE_KEYS;
  return new QueryCommand({
    TableName: name,
    ConsistentRead: true,
    KeyConditionExpression: range ? `${pk} = :pk AND ${sk} BETWEEN :from AND :to` : `${pk} = :pk`,
    ExpressionAttributeValues: {
      ':pk': { S: partition },
      ...(range && { ':from': { S: range.from }, ':to': { S: range.to } }),
    },
    ...(start && { ExclusiveStartKey: start }),
  });
}

/** Names and values of expressions, both left out when there are none: DynamoDB refuses empty maps and names without use. */
function expressionNames(expressions: readonly (Expression | undefined)[]) {
  const given = expressions.filter((expression) => expression !== undefined);
  const names = given.flatMap(({ text }) => text.match(/#\w+/g) ?? []);
  const values = Object.assign({}, ...given.map((expression) => expression.values ?? {})) as Item;
  return {
    ...(names.length > 0 && {
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [name, name.slice(1)])),
    }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: encodeItem(values) }),
  };
}

/** Whether the write's conditions held. */
async function conditionsHeld(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    if (error instanceof TransactionCanceledException && hasFailedCondition(error)) return false;
    throw error;
  }
}

function hasFailedCondition({ CancellationReasons: reasons = [] }: TransactionCanceledException): boolean {
  return reasons.some(({ Code }) => Code === 'ConditionalCheckFailed');
}

function encodeItem(item: Item): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, encodeValue(value)]));
}

function encodeValue(value: Value): AttributeValue {
  if (typeof value === 'string') return { S: value };
  return typeof value === 'number' ? { N: String(value) } : { SS: [...value] };
}

function decodeItem(item: Record<string, AttributeValue>): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, decodeValue(value)]));
}

function decodeValue({ S, N, SS }: AttributeValue): Value {
  return S ?? SS ?? Number(N);
}
