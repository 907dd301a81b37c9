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
  // Still the colour of the line for its label on the axis, which ignores how opaque it is.
  const hidden = (name: string) => color(name).replace(/^rgb\((.*)\)$/, 'rgba($1, 0)');
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
    lines: { ma_short: color('ma-short'), ma_long: color('ma-long'), atr: color('atr') },
    hidden: { ma_short: hidden('ma-short'), ma_long: hidden('ma-long'), atr: hidden('atr') },
  };
  probe.remove();
  return palette;
}
