import type { SymbolRow } from '@candlelake/core';
import { pickSymbols } from '../model/pickSymbols.ts';
import { byId, create } from './elements.ts';

export interface SymbolPicker {
  open(symbols: readonly SymbolRow[], current: string | null): void;
}

/** The dialog in which a symbol is found by typing. `onPick` is called with the chosen one. */
export function createSymbolPicker(onPick: (symbol: string) => void): SymbolPicker {
  const dialog = byId<HTMLDialogElement>('picker');
  const input = byId<HTMLInputElement>('picker-input');
  const list = byId('picker-list');
  let symbols: readonly SymbolRow[] = [];
  let found: readonly SymbolRow[] = [];
  let active = 0;
  const activate = (index: number) => {
    list.children[active]?.setAttribute('aria-selected', 'false');
    active = Math.max(0, Math.min(found.length - 1, index));
    const option = list.children[active];
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    if (option) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
  };
  const fill = (start: number) => {
    found = pickSymbols(symbols, input.value);
    list.replaceChildren(...found.map(optionOf));
    byId('picker-none').hidden = found.length > 0;
    activate(start);
  };
  const pick = (index: number) => {
    const info = found[index];
    if (!info) return;
    dialog.close();
    onPick(info.symbol);
  };
  input.addEventListener('input', () => fill(0));
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
      input.value = '';
      dialog.showModal();
      fill(
        Math.max(
          0,
          all.findIndex(({ symbol }) => symbol === current),
        ),
      );
      input.focus();
    },
  };
}

function optionOf({ symbol, state }: SymbolRow, index: number): HTMLElement {
  const option = create('div', '', { role: 'option', id: `symbol-${index}`, 'aria-selected': 'false' });
  option.append(create('span', symbol));
  if (state !== 'live') option.append(create('span', state, { class: 'note' }));
  return option;
}
