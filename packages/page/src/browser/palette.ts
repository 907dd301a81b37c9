import type { Palette } from '../model/series.ts';
import { create } from './elements.ts';

/**
 * The colours of the style sheet, as they are in the present theme. The browser computes the colour of a
 * variable only where it is used: here on a hidden element.
 */
export function readPalette(): Palette {
  const probe = document.body.appendChild(create('span', '', { hidden: '' }));
  const color = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette = {
    background: color('background'),
    text: color('text-soft'),
    grid: color('grid'),
    border: color('border'),
    up: color('up'),
    down: color('down'),
    upFaint: color('up-faint'),
    downFaint: color('down-faint'),
    short: color('missing'),
    maShort: color('ma-short'),
    maLong: color('ma-long'),
    atr: color('atr'),
  };
  probe.remove();
  return palette;
}
