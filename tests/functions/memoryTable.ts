import type {
  DynamoTable,
  Expression,
  Item,
  ItemKey,
  PutOptions,
  Value,
} from '../../packages/functions/src/adapters/dynamo/table.ts';

type Partitions = ReadonlyMap<string, ReadonlyMap<string, Item>>;

interface MemoryTable extends DynamoTable {
  /** Another table with the same items. */
  copy(): MemoryTable;
}

/**
 * A DynamoDB table in memory, for the expressions in use: comparisons and `attribute_not_exists` joined by
 * AND and OR, SET, ADD and DELETE. The contract suites run on it, and in the AWS lane on the real client
 * against a stand-in. It begins with the items of `start`.
 */
export function createMemoryTable(start: Partitions = new Map()): MemoryTable {
  const partitions = new Map([...start].map(([partition, items]) => [partition, new Map(items)]));
  const find = ({ partition, sort }: ItemKey) => partitions.get(partition)?.get(sort) ?? null;

  function store({ partition, sort }: ItemKey, item: Item): Item {
    const items = partitions.get(partition) ?? new Map<string, Item>();
    partitions.set(partition, items);
    const stored = { ...item, pk: partition, sk: sort };
    items.set(sort, stored);
    return stored;
  }

  const holds = ({ key, condition }: Pick<PutOptions, 'key' | 'condition'>) =>
    condition === undefined || isTrue(condition, find(key) ?? {});

  return {
    copy: () => createMemoryTable(partitions),
    get: async (key) => find(key),
    async query(partition, range) {
      const items = [...(partitions.get(partition) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
      const inside = items.filter(
        ([sort]) => range === undefined || (sort >= range.from && sort <= range.to),
      );
      return inside.map(([, item]) => item);
    },
    async put(options) {
      if (!holds(options)) return false;
      store(options.key, options.item);
      return true;
    },
    async update(key, change, condition) {
      // Change and condition share one list of values, as in DynamoDB.
      const values = { ...change.values, ...condition?.values };
      if (condition && !holds({ key, condition: { ...condition, values } })) return null;
      return store(key, changed(find(key) ?? {}, change));
    },
    async putTogether(puts, check) {
      if (!puts.every(holds) || (check && !holds(check))) return false;
      for (const { key, item } of puts) store(key, item);
      return true;
    },
    async remove({ partition, sort }) {
      partitions.get(partition)?.delete(sort);
    },
  };
}

/** OR binds weaker than AND; parentheses are not nested, apart from those of functions. */
function isTrue({ text, values = {} }: Expression, item: Item): boolean {
  const grouped = text.replace(/(?<!exists)\(([^()]*(?:\([^()]*\)[^()]*)*)\)/g, (_, inner: string) =>
    isTrue({ text: inner, values }, item) ? 'TRUE' : 'FALSE',
  );
  return grouped
    .split(' OR ')
    .some((all) => all.split(' AND ').every((term) => holdsTerm(term.trim(), values, item)));
}

function holdsTerm(term: string, values: Readonly<Record<string, Value>>, item: Item): boolean {
  if (term === 'TRUE' || term === 'FALSE') return term === 'TRUE';
  const absent = /^attribute_not_exists\(#(\w+)\)$/.exec(term);
  if (absent) return item[absent[1]!] === undefined;
  const compared = /^#(\w+) (=|<|<=|>) (:\w+)$/.exec(term);
  if (!compared) throw new Error(`expression "${term}": not one that this table knows`);
  const [, name, operator, value] = compared;
  const left = item[name!];
  const right = values[value!]!;
  if (left === undefined) return false;
  if (operator === '>') return left > right;
  return operator === '=' ? left === right : operator === '<' ? left < right : left <= right;
}

function changed(item: Item, { text, values = {} }: Expression): Item {
  const after: Record<string, Value> = { ...item };
  for (const [, verb, list] of text.matchAll(/(SET|ADD|DELETE) (.*?)(?= SET | ADD | DELETE |$)/g)) {
    for (const part of list!.split(',')) {
      const [, name, , key] = /^#(\w+) (= )?(:\w+)$/.exec(part.trim())!;
      const value = values[key!]!;
      if (verb === 'SET') after[name!] = value;
      else if (typeof value === 'number') after[name!] = Number(after[name!] ?? 0) + value;
      else {
        const set = new Set(after[name!] as readonly string[] | undefined);
        for (const one of value as readonly string[])
          if (verb === 'ADD') set.add(one);
          else set.delete(one);
        if (set.size > 0) after[name!] = [...set];
        else delete after[name!];
      }
    }
  }
  return after;
}
