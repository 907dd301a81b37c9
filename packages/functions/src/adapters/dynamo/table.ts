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
import { callAws } from '../awsErrors.ts';

/** The value of an attribute: a text, a number or a set of texts. */
export type Value = string | number | readonly string[];
export type Item = Readonly<Record<string, Value>>;

export interface ItemKey {
  readonly partition: string;
  readonly sort: string;
}

/**
 * A condition or an update, with the values for its placeholders (`:now`). `#name` is the attribute `name`.
 */
export interface Expression {
  readonly text: string;
  readonly values?: Readonly<Record<string, Value>>;
}

export interface PutOptions {
  readonly key: ItemKey;
  readonly item: Item;
  readonly condition?: Expression;
}

/** A condition on an item that is not written. */
interface ConditionCheck {
  readonly key: ItemKey;
  readonly condition: Expression;
}

/**
 * One table; all reads are strongly consistent. Methods throw RetryableError when DynamoDB throttles or does
 * not answer.
 */
export interface DynamoTable {
  get(key: ItemKey): Promise<Item | null>;
  /** The items of a partition by sort key; with a range those between two sort keys, both included. */
  query(partition: string, range?: { readonly from: string; readonly to: string }): Promise<readonly Item[]>;
  /** Replaces the item if the condition holds; returns whether it did. */
  put(options: PutOptions): Promise<boolean>;
  /** Returns the updated item, null when the condition did not hold. */
  update(key: ItemKey, change: Expression, condition?: Expression): Promise<Item | null>;
  /**
   * Writes all items if all conditions hold, also that of the check, which is of an item that is not written;
   * else none. Returns whether they did.
   */
  putTogether(puts: readonly PutOptions[], check?: ConditionCheck): Promise<boolean>;
  remove(key: ItemKey): Promise<void>;
}

/** A table of DynamoDB. The client's own settings limit its retries. */
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
  const checkOf = ({ key, condition }: ConditionCheck) => ({
    TableName: name,
    Key: keyOf(key),
    ConditionExpression: condition.text,
    ...expressionNames([condition]),
  });

  return {
    get: (key) =>
      callAws('read from the table', async () => {
        const command = new GetItemCommand({ TableName: name, Key: keyOf(key), ConsistentRead: true });
        const { Item: item } = await client.send(command);
        return item ? decodeItem(item) : null;
      }),
    query: (partition, range) =>
      callAws('read from the table', async () => {
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
      callAws('write to the table', () => conditionsHeld(client.send(new PutItemCommand(putOf(options))))),
    update: (key, change, condition) =>
      callAws('write to the table', async () => {
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
    putTogether: (puts, check) =>
      callAws('write to the table', () => {
        const checks = check ? [{ ConditionCheck: checkOf(check) }] : [];
        const TransactItems = [...puts.map((put) => ({ Put: putOf(put) })), ...checks];
        return conditionsHeld(client.send(new TransactWriteItemsCommand({ TransactItems })));
      }),
    remove: (key) =>
      callAws('remove from the table', async () => {
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

/**
 * The names and values of expressions. DynamoDB refuses empty maps and unused names, so both are left out
 * when there are none.
 */
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
