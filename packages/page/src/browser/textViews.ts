import { KEY_HELP } from '../model/keys.ts';
import type { LegendPart } from '../model/legend.ts';
import type { StatusText } from '../model/status.ts';
import { byId, create } from './elements.ts';

/** Between the pointer and the tooltip, in pixels. */
const POINTER_GAP = 16;

/** What the parts of the page show, by their ids: frames that change nothing leave the document alone. */
const shown = new Map<string, string>();

/** Whether the part of this id was last drawn with an equal content; notes the content. */
export function isShown(id: string, content: unknown): boolean {
  const text = JSON.stringify(content);
  if (shown.get(id) === text) return true;
  shown.set(id, text);
  return false;
}

/** Shows the legend of a bar. `isRead`: it follows the keys, and a screen reader says it. */
export function drawLegend(parts: readonly LegendPart[], { isRead }: { isRead: boolean }): void {
  byId('legend').setAttribute('aria-live', isRead ? 'polite' : 'off');
  if (isShown('legend', parts)) return;
  const nodes = parts.map(({ label, value, tone }) => {
    const item = create('span', '', { class: 'part' });
    if (label) item.append(create('span', label, { class: 'label' }), ' ');
    item.append(create('span', value, tone ? { 'data-tone': tone } : {}));
    return item;
  });
  byId('legend').replaceChildren(...nodes.flatMap((node) => [node, ' ']));
}

/** Shows the status line. Only the state is announced to screen readers: the numbers change all the time. */
export function drawStatus({ tone, state, details }: StatusText): void {
  byId('status').dataset.tone = tone;
  const region = byId('status-state');
  if (region.textContent !== state) region.textContent = state;
  if (isShown('status-details', details)) return;
  byId('status-details').replaceChildren(...details.map((text) => create('span', text)));
}

/** Shows a text in the place of the chart; null removes it. */
export function drawEmpty(text: string | null): void {
  const empty = byId('empty');
  empty.hidden = text === null;
  if (text !== null && empty.textContent !== text) empty.textContent = text;
}

export interface Tooltip {
  readonly lines: readonly string[];
  /** The pointer, in pixels of the chart. */
  readonly at: { readonly x: number; readonly y: number };
  /** Width of the chart without its price axis. */
  readonly width: number;
}

/** Shows the tooltip of a crossover beside the pointer; null hides it. */
export function drawTooltip(tooltip: Tooltip | null): void {
  const box = byId('tooltip');
  box.hidden = tooltip === null;
  if (!tooltip) return;
  const { lines, at, width } = tooltip;
  box.replaceChildren(...lines.map((line) => create('div', line)));
  const right = at.x + POINTER_GAP;
  const left = right + box.offsetWidth > width ? at.x - POINTER_GAP - box.offsetWidth : right;
  const lowest = byId('chart').clientHeight - box.offsetHeight;
  box.style.left = `${Math.max(0, left)}px`;
  box.style.top = `${Math.max(0, Math.min(at.y + POINTER_GAP, lowest))}px`;
}

/** Fills the table of the last bars. */
export function drawTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  if (isShown('table', [head, rows])) return;
  const headRow = create('tr');
  headRow.append(...head.map((text) => create('th', text, { scope: 'col' })));
  byId('table-head').replaceChildren(headRow);
  byId('table-body').replaceChildren(
    ...rows.map(([time = '', ...cells]) => {
      const row = create('tr');
      row.append(create('th', time, { scope: 'row' }), ...cells.map((text) => create('td', text)));
      return row;
    }),
  );
}

/** Fills the table of keys. */
export function drawHelp(): void {
  byId('keys').replaceChildren(
    ...KEY_HELP.map(({ keys, text }) => {
      const row = create('tr');
      const key = create('th', '', { scope: 'row' });
      key.append(create('kbd', keys));
      row.append(key, create('td', text));
      return row;
    }),
  );
}
