import type { CheckResult } from '@candlelake/core';
import { printable } from '../output/lines.ts';
import type { Style } from '../output/style.ts';

const NAME_WIDTH = 17;
const VERDICT_WIDTH = 8;

/** One line of the report: verdict, name, measured value and, where it differs, what was expected. */
export function resultLine(
  { name, verdict, measured, problem, assumption }: CheckResult,
  style: Style,
): string {
  const paint = verdict === 'ok' ? style.good : verdict === 'differs' ? style.bad : style.notice;
  const found = measured === 'nothing' ? problem! : measured + (problem === null ? '' : `: ${problem}`);
  const source = verdict === 'differs' && assumption !== null ? ` ("${assumption}" in docs/bingx.md)` : '';
  return `${paint(verdict.padEnd(VERDICT_WIDTH))}  ${name.padEnd(NAME_WIDTH)}  ${printable(found + source)}`;
}

/** The last line. */
export function summaryLine(results: readonly CheckResult[]): string {
  const count = (verdict: CheckResult['verdict']) => results.filter((one) => one.verdict === verdict).length;
  const [ok, differs, notRun] = [count('ok'), count('differs'), count('not run')];
  if (ok === results.length) return `all ${ok} checks hold`;
  const rest = notRun === 0 ? '' : `, ${notRun} could not run`;
  return `${ok} of ${results.length} checks hold, ${differs} differ${differs === 1 ? 's' : ''}${rest}`;
}
