/** Candles of whole sessions without a hole, in columns and in time order. */
export interface ReferenceInput {
  readonly openTime: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

const DAY = 86_400_000;
const BAR = 1_260_000;

/**
 * Hand-tuned code for one case: 21m bars, SMA 3 and 7, their crossovers and ATR 14 in one pass over flat
 * columns. It has no slot states, no holes and no checkpoints, and its volume is a sum of doubles.
 */
export function referenceKernel(input: ReferenceInput, bars: number) {
  const { openTime, open, high, low, close, volume } = input;
  const out = referenceColumns(bars);
  let row = -1;
  let barEnd = 0;
  let barHigh = 0;
  let barLow = 0;
  let barVolume = 0;
  let atr = 0;
  let warmUp = 0;
  const finish = (last: number) => {
    const c = close[last]!;
    out.high[row] = barHigh;
    out.low[row] = barLow;
    out.close[row] = c;
    out.volume[row] = barVolume;
    const p = row > 0 ? out.close[row - 1]! : Number.NaN;
    const tr =
      row > 0 ? Math.max(barHigh - barLow, Math.abs(barHigh - p), Math.abs(barLow - p)) : barHigh - barLow;
    out.tr[row] = tr;
    if (row >= 14) atr = (atr * 13 + tr) / 14;
    else {
      warmUp += tr;
      if (row === 13) atr = warmUp / 14;
    }
    out.atr[row] = row >= 13 ? atr : Number.NaN;
    out.atrPercent[row] = row >= 13 ? (atr / c) * 100 : Number.NaN;
    const k = out.close;
    const short = row >= 2 ? (k[row - 2]! + k[row - 1]! + c) / 3 : Number.NaN;
    const long =
      row >= 6
        ? (k[row - 6]! + k[row - 5]! + k[row - 4]! + k[row - 3]! + k[row - 2]! + k[row - 1]! + c) / 7
        : Number.NaN;
    out.maShort[row] = short;
    out.maLong[row] = long;
    if (row >= 7) {
      const above = short > long;
      const below = short < long;
      const s = out.maShort[row - 1]!;
      const l = out.maLong[row - 1]!;
      out.maCross[row] = above && s <= l ? 1 : below && s >= l ? 2 : 0;
    }
    if (row >= 6) out.trend[row] = short > long ? 1 : short < long ? 2 : 3;
  };
  for (let i = 0; i < openTime.length; i++) {
    const t = openTime[i]!;
    if (t >= barEnd) {
      if (row >= 0) finish(i - 1);
      row++;
      const day = Math.floor(t / DAY) * DAY;
      const barOpen = day + Math.floor((t - day) / BAR) * BAR;
      barEnd = Math.min(barOpen + BAR, day + DAY);
      out.openTime[row] = barOpen;
      out.open[row] = open[i]!;
      barHigh = high[i]!;
      barLow = low[i]!;
      barVolume = volume[i]!;
    } else {
      if (high[i]! > barHigh) barHigh = high[i]!;
      if (low[i]! < barLow) barLow = low[i]!;
      barVolume += volume[i]!;
    }
  }
  finish(openTime.length - 1);
  return out;
}

function referenceColumns(bars: number) {
  const doubles = () => new Float64Array(bars);
  return {
    openTime: doubles(),
    open: doubles(),
    high: doubles(),
    low: doubles(),
    close: doubles(),
    volume: doubles(),
    maShort: doubles(),
    maLong: doubles(),
    maCross: new Uint8Array(bars),
    trend: new Uint8Array(bars),
    tr: doubles(),
    atr: doubles(),
    atrPercent: doubles(),
  };
}
