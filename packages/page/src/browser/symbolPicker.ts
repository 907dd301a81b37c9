import type { SymbolRow } from '@candlelake/core';
import { pickSymbols } from '../model/pickSymbols.ts';
import { byId, create } from './elements.ts';
import { isShown } from './textViews.ts';

export interface SymbolPicker {
  open(symbols: readonly SymbolRow[], current: string | null): void;
  /** Replaces the symbols while the dialog is open; the typed text and the active symbol stay. */
  update(symbols: readonly SymbolRow[]): void;
}

/** The dialog in which a symbol is found by typing. `onPick` is called with the chosen one. */
export function createSymbolPicker(onPick: (symbol: string) => void): SymbolPicker {
  const dialog = byId<HTMLDialogElement>('picker');
  const input = byId<HTMLInputElement>('picker-input');
  const list = byId('picker-list');
  let symbols: readonly SymbolRow[] = [];
  let found: readonly SymbolRow[] = [];
  let active = 0;
  let start: string | null = null;
  const activate = (index: number) => {
    list.children[active]?.setAttribute('aria-selected', 'false');
    active = Math.max(0, Math.min(found.length - 1, index));
    const option = list.children[active];
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    if (option) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
  };
  /** Shows the symbols that fit the text; the active one is `wanted`, or the first without it. */
  const fill = (wanted: string | null) => {
    found = pickSymbols(symbols, input.value);
    // A click on an option whose element is replaced between press and release is lost.
    const content = found.map(({ symbol, state }) => [symbol, state]);
    if (!isShown('picker-list', content)) list.replaceChildren(...found.map(optionOf));
    byId('picker-none').hidden = found.length > 0;
    activate(found.findIndex(({ symbol }) => symbol === wanted));
  };
  const pick = (index: number) => {
    const info = found[index];
    if (!info) return;
    dialog.close();
    onPick(info.symbol);
  };
  input.addEventListener('input', () => fill(null));
  input.addEventListener('keydown', (event) => {
    const moves: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };
    const move = moves[event.key];
    if (move !== undefined) activate(active + move);
    else if (event.key === 'Enter') pick(active);
    else return;
    event.preventDefault();
  });
  list.addEventListener('click', (event) => {
    const option = (event.target as Element).closest('[role=option]');
    if (option) pick([...list.children].indexOf(option));
  });
  return {
    open(all, current) {
      symbols = all;
      start = current;
      input.value = '';
      dialog.showModal();
      fill(current);
      input.focus();
    },
    update(all) {
      if (!dialog.open) return;
      symbols = all;
      fill(found[active]?.symbol ?? start);
    },
  };
}

function optionOf({ symbol, state }: SymbolRow, index: number): HTMLElement {
  const option = create('div', '', { role: 'option', id: `symbol-${index}`, 'aria-selected': 'false' });
  option.append(create('span', symbol));
  if (state !== 'live') option.append(create('span', state, { class: 'note' }));
  return option;
}
