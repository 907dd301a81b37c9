/**
 * What this project has promised of its speed: each promise is shown at the top of RESULTS.md beside the
 * figure that a benchmark measured.
 */
export interface Aim {
  readonly what: string;
  /** The benchmark, and the row of its section, that has the figure; null where another program measures it. */
  readonly figure: {
    readonly benchmark: string;
    readonly label: string;
    readonly uses: 'ratio' | 'value';
  } | null;
  /** The figure is met up to this value, in the unit of the row. */
  readonly most?: number;
  readonly aim: string;
  /** What it is compared with, or where it is measured. */
  readonly peer: string;
  /** Why a figure is not met, or how it is measured. */
  readonly remark?: string;
}

export const AIMS: readonly Aim[] = [
  {
    what: 'candles in memory → 21m bars, averages, crossovers, ATR',
    figure: { benchmark: 'kernel', label: 'candlelake', uses: 'ratio' },
    most: 1.2,
    aim: '≤ 1.2 ×',
    peer: 'a hand-tuned loop',
    remark: 'runs of the same code gave 1.10 to 1.23',
  },
  {
    what: 'candles in memory → daily Parquet files on disk',
    figure: { benchmark: 'files', label: 'polars', uses: 'ratio' },
    most: 1.2,
    aim: '≤ 1.2 ×',
    peer: 'polars on both cores, in the same run (`--peers`)',
    remark: 'one thread derives and writes, and one for each core encodes, in WebAssembly',
  },
  {
    what: 'the same, beside the program before',
    figure: { benchmark: 'files', label: 'candlelake', uses: 'value' },
    most: 16_500 / 25,
    aim: '≤ 660 ms, 25 × faster',
    peer: 'predecessor: 16,500 ms, measured once on 2 cores',
    remark: 'nearly all of it is in parquet-wasm: the section daily has its part, on one core',
  },
  {
    what: '`candlelake import` of 876,000 rows, whole program',
    figure: { benchmark: 'program', label: 'candlelake import', uses: 'value' },
    most: 7,
    aim: '≤ 7 s',
    peer: '19.7 s when the aim was set',
    remark:
      'most of it is the derivation of 1,825 days: the section program has each phase with its CPU time',
  },
  {
    what: 'its peak memory',
    figure: { benchmark: 'program', label: 'candlelake import: peak memory', uses: 'value' },
    most: 200,
    aim: '≤ 200 MiB, flat in the rows',
    peer: '942 MiB when the aim was set',
    remark: 'of the whole process: the main thread, the lake thread and the threads of the encoder',
  },
  {
    what: 're-deriving five years after a change of periods',
    figure: {
      benchmark: 'program',
      label: 'five years derived again after a change of periods',
      uses: 'value',
    },
    most: 4,
    aim: '≤ 4 s, both cores',
    peer: '10 s on one core when the aim was set',
    remark:
      'its threads keep both cores busy for a part of the time only: the section program has their CPU time',
  },
  {
    what: 'days derived at a start with a store of five years',
    figure: { benchmark: 'program', label: 'days derived at the next start', uses: 'value' },
    most: 0,
    aim: '0',
    peer: '1,826 when the aim was set',
  },
  {
    what: 'finality of 1,269 symbols × 3m, p99 after the close',
    figure: null,
    aim: '≤ 90 s',
    peer: '`npm run proof:finality`, [docs/proof.md](../docs/proof.md)',
    remark: 'with `--requests-per-second 20`; at the default of 10 a round alone takes 127 s',
  },
  {
    what: 'backfill of 100 symbols × 1 year',
    figure: null,
    aim: '≤ 30 min, never above 40 % of the window',
    peer: '`npm run proof:limits`, [docs/proof.md](../docs/proof.md)',
    remark: '17,600 requests at 10 a second are 29.3 min',
  },
  {
    what: 'terminal program at rest, one symbol, npm package: resident memory',
    figure: { benchmark: 'rest', label: 'npm package: resident memory at rest', uses: 'value' },
    most: 100,
    aim: '≤ 100 MiB',
    peer: 'Node with a second thread, HTTP, fetch, SQLite and ws takes 79',
    remark:
      '95 until the encoder has run: its ended thread leaves 7 of pages of Node and 10 in the allocator; more than ' +
      'half are pages of Node, which processes share',
  },
  {
    what: 'the same, from the sources',
    figure: { benchmark: 'rest', label: 'resident memory at rest', uses: 'value' },
    most: 100,
    aim: '≤ 100 MiB',
    peer: '180 MiB when the aim was set; Node alone has 45',
    remark:
      '400 modules, one by one and with their types, take 10 to 20 more than the bundle of the npm package',
  },
  {
    what: 'its share of a core',
    figure: { benchmark: 'rest', label: 'share of a core at rest', uses: 'value' },
    most: 1,
    aim: '≤ 1 %',
    peer: '',
  },
  {
    what: 'its first line on the screen',
    figure: { benchmark: 'rest', label: 'first line on the screen', uses: 'value' },
    most: 500,
    aim: '≤ 500 ms',
    peer: '',
  },
];

/** The table of aims, with the figures of the sections by benchmark. */
export function aimsTable(sections: ReadonlyMap<string, string>): string {
  const rows = AIMS.map((aim) => {
    const cell = figureOf(aim, sections);
    const value = cell === null ? Number.NaN : numberOf(cell, aim);
    const isMet = Number.isNaN(value)
      ? ''
      : value <= aim.most!
        ? 'yes'
        : `no${aim.remark ? `: ${aim.remark}` : ''}`;
    const note = aim.figure === null ? (aim.remark ?? '') : isMet;
    return `| ${aim.what} | ${cell ?? (aim.figure ? 'not run' : 'elsewhere')} | ${aim.peer} | ${aim.aim} | ${note} |`;
  });
  return ['| what | now | peer or limit | aim | met |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

/** The cell of the row in the section; null when it is not there. */
function figureOf({ figure }: Aim, sections: ReadonlyMap<string, string>): string | null {
  const lines = sections.get(figure?.benchmark ?? '')?.split('\n') ?? [];
  const cells = lines.map((line) => line.split('|').map((cell) => cell.trim()));
  return cells.find(([, label]) => label === figure?.label)?.[2] ?? null;
}

/** A cell is "1.15 ×, 25.2 ms", one of the two, or a text. */
function numberOf(cell: string, { figure }: Aim): number {
  const pattern = figure?.uses === 'ratio' ? /^([\d.]+) ×/ : /^(?:[\d.]+ ×, )?([\d.]+)(?! ×)(?: |$)/;
  return Number(pattern.exec(cell)?.[1] ?? Number.NaN);
}
