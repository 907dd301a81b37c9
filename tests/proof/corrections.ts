import {
  type Candle,
  type EncodeTable,
  type EpochMs,
  formatDate,
  type Interval,
  intervalMs,
  startOfDay,
} from '@candlelake/core';
import { DAY, shapedCandle } from '../support/lake.ts';
import { createSeededRandom } from '../support/seededRandom.ts';
import {
  createHistoryOfDays,
  createKeptLake,
  DAYS,
  FIRST_DAY,
  FIRST_READ_UNTIL,
  type KeptLake,
  readAll,
  rebuild,
  type ShownHistory,
  type Store,
  seriesOf,
} from './correctedLake.ts';

export interface CorrectionsOptions {
  readonly store: Store;
  readonly encode: EncodeTable;
  readonly interval: Interval;
  readonly timeframes: readonly number[];
  /** Revisions in all; up to three come together. */
  readonly count: number;
  readonly seed: number;
}

export interface CorrectionsFigures {
  readonly revisions: number;
  /** Times that the lake was compared with one built anew. */
  readonly comparisons: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly derivedDays: number;
  /** Days of which an object changed. */
  readonly changedDays: number;
  /** What was not as it has to be, one line each. */
  readonly failures: readonly string[];
}

const KINDS = ['prices', 'volume', 'late candle', 'equal read', 'older read'] as const;
type Kind = (typeof KINDS)[number];

interface Revision {
  readonly symbol: string;
  readonly kind: Kind;
  readonly candle: Candle;
}

/**
 * Revises candles at any depth and derives after each write. After each derivation the lake has to equal one that is
 * built anew, and the days that were derived have to be those of the revised candles and, as long as a day changes,
 * the days after it.
 */
export async function runCorrections(options: CorrectionsOptions): Promise<CorrectionsFigures> {
  const { store, encode, interval, timeframes, count, seed } = options;
  const random = createSeededRandom(seed);
  const history = createHistoryOfDays(interval, timeframes, random);
  const lake = await createKeptLake(store, history, encode);
  const byKind: Record<string, number> = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
  const failures: string[] = [];
  const totals = { revisions: 0, comparisons: 0, derivedDays: 0, changedDays: 0 };
  let before = await readAll(lake.objects);
  let logged = 0;
  while (totals.revisions < count) {
    const most = Math.min(3, count - totals.revisions);
    const revisions = drawRevisions(history, {
      count: Math.ceil(random() * most),
      random,
      round: totals.comparisons,
    });
    logged += revisions.filter((revision) => isLogged(history, revision)).length;
    for (const { kind } of revisions) byKind[kind]! += 1;
    const derived = await revise(lake, history, revisions);
    const [after, anew] = [await readAll(lake.objects), await rebuild(history, encode)];
    const changed = changedDays(before, anew);
    const where = `seed ${seed}, comparison ${totals.comparisons + 1}`;
    for (const path of differences(after, anew)) failures.push(`${where}: ${path} is not as built anew`);
    failures.push(...wrongDays({ revisions, derived, changed }).map((problem) => `${where}: ${problem}`));
    totals.revisions += revisions.length;
    totals.comparisons += 1;
    totals.derivedDays += derived.length;
    totals.changedDays += changed.size;
    before = after;
  }
  const inLog = await countLogged(store, history);
  if (inLog !== logged)
    failures.push(`seed ${seed}: the log has ${inLog} revisions of finals, expected ${logged}`);
  return { ...totals, byKind, failures };
}

/** Writes the revisions to the store and to what is shown, and derives. */
async function revise(
  lake: KeptLake,
  history: ShownHistory,
  revisions: readonly Revision[],
): Promise<readonly EpochMs[]> {
  await lake.store.merge(
    revisions.map(({ symbol, candle }) => ({ series: seriesOf(history, symbol), candles: [candle] })),
  );
  for (const { symbol, kind, candle } of revisions)
    if (kind !== 'older read') history.candles.get(symbol)!.set(candle.openTime, candle);
  return lake.derive();
}

interface DrawOptions {
  readonly count: number;
  readonly random: () => number;
  /** Later rounds are read later. */
  readonly round: number;
}

/** Revisions of different slots. */
function drawRevisions(history: ShownHistory, { count, random, round }: DrawOptions): readonly Revision[] {
  const drawn = new Map<string, Revision>();
  while (drawn.size < count) {
    const symbol = random() < 0.5 ? 'AAA-USDT' : 'BBB-USDT';
    const slot = Math.floor((random() * DAYS * DAY) / intervalMs(history.interval));
    const openTime = FIRST_DAY + slot * intervalMs(history.interval);
    const revision = reviseSlot(history, { symbol, openTime, random, observed: FIRST_READ_UNTIL + round });
    if (revision !== null) drawn.set(`${symbol} ${openTime}`, revision);
  }
  return [...drawn.values()];
}

interface SlotOptions {
  readonly symbol: string;
  readonly openTime: EpochMs;
  readonly random: () => number;
  readonly observed: EpochMs;
}

function reviseSlot(history: ShownHistory, options: SlotOptions): Revision | null {
  const { symbol, openTime, random, observed } = options;
  const candles = history.candles.get(symbol)!;
  const known = candles.get(openTime);
  const other = shapedCandle(openTime, 400 + Math.floor(random() * 4_000), { observed });
  if (known === undefined) {
    const isListed = openTime >= Math.min(...candles.keys());
    return isListed ? { symbol, kind: 'late candle', candle: other } : null;
  }
  if (known.status === 'provisional') return null;
  const draw = random();
  if (draw < 0.1) return { symbol, kind: 'equal read', candle: { ...known, observed } };
  if (draw < 0.2) return { symbol, kind: 'older read', candle: { ...other, observed: openTime } };
  if (draw < 0.5)
    return { symbol, kind: 'volume', candle: { ...known, observed, volume: `${observed % 9_973}.5` } };
  return { symbol, kind: 'prices', candle: other };
}

/** Whether the log of replaced finals names the revision; asked before the revision is made. */
function isLogged({ candles }: ShownHistory, { symbol, kind, candle }: Revision): boolean {
  const known = candles.get(symbol)!.get(candle.openTime);
  if (kind === 'older read' || known === undefined) return false;
  return (['open', 'high', 'low', 'close', 'volume'] as const).some((name) => known[name] !== candle[name]);
}

async function countLogged(store: Store, history: ShownHistory): Promise<number> {
  let logged = 0;
  for (const symbol of history.candles.keys())
    logged += (await store.revisions(seriesOf(history, symbol))).length;
  return logged;
}

type Objects = ReadonlyMap<string, Uint8Array>;

/** The paths of objects that differ or are in one of the lakes only. */
function differences(one: Objects, other: Objects): readonly string[] {
  const paths = new Set([...one.keys(), ...other.keys()]);
  return [...paths].filter((path) => {
    const [mine, its] = [one.get(path), other.get(path)];
    return mine === undefined || its === undefined || Buffer.compare(mine, its) !== 0;
  });
}

function changedDays(before: Objects, after: Objects): ReadonlySet<string> {
  return new Set(differences(before, after).map((path) => /date=([^/]*)/.exec(path)![1]!));
}

interface DayCheck {
  readonly revisions: readonly Revision[];
  readonly derived: readonly EpochMs[];
  readonly changed: ReadonlySet<string>;
}

/** A day may be derived only for a revision of its own or because the day before changed, and only once. */
function wrongDays({ revisions, derived, changed }: DayCheck): readonly string[] {
  const seen = new Set(derived.map(formatDate));
  const revised = new Set(
    revisions.flatMap(({ kind, candle }) =>
      kind === 'equal read' || kind === 'older read' ? [] : formatDate(startOfDay(candle.openTime)),
    ),
  );
  const needless = derived.filter(
    (day) => !revised.has(formatDate(day)) && !changed.has(formatDate(day - DAY)),
  );
  return [
    ...needless.map((day) => `${formatDate(day)} was derived without a reason`),
    ...[...changed].filter((date) => !seen.has(date)).map((date) => `${date} was not derived`),
    ...(seen.size < derived.length ? [`${derived.length - seen.size} days were derived twice`] : []),
  ];
}
