import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { type Attribute, type Attributes, holds, type Names, updated } from './expressions.ts';

/** What one process used of the table. */
export interface TableUse {
  readUnits: number;
  writeUnits: number;
  calls: number;
  failedConditions: number;
}

/** A table in memory that counts what DynamoDB would bill. */
export interface MeteredTable {
  /** A client for one process; `use` grows as it works. */
  client(): { readonly client: DynamoDBClient; readonly use: TableUse };
  /** Items and their size as storage is billed, below these beginnings of partition keys. */
  stored(prefixes?: readonly string[]): { readonly items: number; readonly bytes: number };
}

type TransactItem = { readonly Put: Input } | { readonly ConditionCheck: Input };

interface Input extends Names {
  readonly Key: Attributes;
  readonly Item: Attributes;
  readonly ConditionExpression?: string;
  readonly UpdateExpression: string;
  readonly TransactItems: readonly TransactItem[];
}

/** Each item takes this much beside its content. Source: DynamoDB pricing, "Data storage". */
const ITEM_OVERHEAD_BYTES = 100;

export function createMeteredTable(): MeteredTable {
  const partitions = new Map<string, Map<string, Attributes>>();
  const find = ({ pk, sk }: Attributes) => partitions.get(pk!.S!)?.get(sk!.S!);

  /** Keeps a partition in the order of its sort keys, which mostly come in that order. */
  function store(item: Attributes): void {
    const partition = partitions.get(item.pk!.S!) ?? new Map<string, Attributes>();
    const isLast = partition.has(item.sk!.S!) || [...partition.keys()].every((sk) => sk < item.sk!.S!);
    partition.set(item.sk!.S!, item);
    const sorted = isLast ? partition : new Map([...partition].sort(([a], [b]) => (a < b ? -1 : 1)));
    partitions.set(item.pk!.S!, sorted);
  }

  /** Throws when the condition fails, which is billed like the write. */
  function write(use: TableUse, input: Input, key: Attributes, after: Attributes | null): void {
    const before = find(key);
    use.writeUnits += Math.max(1, Math.ceil(Math.max(sizeOf(before), sizeOf(after)) / 1024));
    if (input.ConditionExpression && !holds(input.ConditionExpression, before ?? {}, input)) {
      use.failedConditions += 1;
      throw new ConditionalCheckFailedException({ message: 'the condition failed', $metadata: {} });
    }
    if (after) store(after);
    else partitions.get(key.pk!.S!)?.delete(key.sk!.S!);
  }

  /** A condition check is billed like a write of the item. */
  function transact(use: TableUse, items: readonly TransactItem[]): object {
    const parts = items.map((item) => {
      if ('Put' in item) return { input: item.Put, before: find(item.Put.Item), size: sizeOf(item.Put.Item) };
      const before = find(item.ConditionCheck.Key);
      return { input: item.ConditionCheck, before, size: sizeOf(before) };
    });
    const failed = parts.filter(
      ({ input, before }) =>
        input.ConditionExpression && !holds(input.ConditionExpression, before ?? {}, input),
    );
    for (const { size } of parts) use.writeUnits += 2 * Math.max(1, Math.ceil(size / 1024));
    if (failed.length > 0) {
      use.failedConditions += 1;
      const CancellationReasons = [{ Code: 'ConditionalCheckFailed' }];
      throw new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons });
    }
    for (const item of items) if ('Put' in item) store(item.Put.Item);
    return {};
  }

  function query(use: TableUse, { ExpressionAttributeValues: values = {} }: Names): object {
    const { ':pk': pk, ':from': from, ':to': to } = values;
    const inRange = ({ sk }: Attributes) => from === undefined || (sk!.S! >= from.S! && sk!.S! <= to!.S!);
    const Items = [...(partitions.get(pk!.S!)?.values() ?? [])].filter(inRange);
    use.readUnits += readUnits(Items.reduce((sum, item) => sum + sizeOf(item), 0));
    return { Items };
  }

  function get(use: TableUse, { Key }: Input): object {
    const found = find(Key);
    use.readUnits += readUnits(sizeOf(found));
    return found ? { Item: found } : {};
  }

  function update(use: TableUse, input: Input): object {
    const after = updated(find(input.Key) ?? input.Key, input.UpdateExpression, input);
    write(use, input, input.Key, after);
    return { Attributes: after };
  }

  function answer(use: TableUse, name: string, input: Input): object {
    use.calls += 1;
    if (name === 'GetItemCommand') return get(use, input);
    if (name === 'QueryCommand') return query(use, input);
    if (name === 'UpdateItemCommand') return update(use, input);
    if (name === 'TransactWriteItemsCommand') return transact(use, input.TransactItems);
    if (name === 'PutItemCommand') write(use, input, input.Item, input.Item);
    else if (name === 'DeleteItemCommand') write(use, input, input.Key, null);
    else throw new Error(`the metered table has no "${name}"`);
    return {};
  }

  return {
    client() {
      const use: TableUse = { readUnits: 0, writeUnits: 0, calls: 0, failedConditions: 0 };
      const send = async (command: {
        readonly input: Input;
        readonly constructor: { readonly name: string };
      }) => answer(use, command.constructor.name, command.input);
      return { client: { send } as unknown as DynamoDBClient, use };
    },
    stored(prefixes = ['']) {
      const kept = [...partitions].filter(([pk]) => prefixes.some((prefix) => pk.startsWith(prefix)));
      const all = kept.flatMap(([, items]) => [...items.values()]);
      return {
        items: all.length,
        bytes: all.reduce((sum, item) => sum + sizeOf(item) + ITEM_OVERHEAD_BYTES, 0),
      };
    },
  };
}

/** Strongly consistent reads are billed by 4 KB. */
function readUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 4096));
}

/** Names and values. Source: DynamoDB developer guide, "Item sizes and formats". */
function sizeOf(item: Attributes | null | undefined): number {
  if (!item) return 0;
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value),
    0,
  );
}

function valueSize({ S, N, SS }: Attribute): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.replace(/[-.]/, '').length / 2) + 1;
  return 3 + (SS ?? []).reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
}
