import type { RunState } from '@candlelake/core';
import { STRIP_STATES, type StripRectangle, stripLabel } from '../model/strip.ts';
import { byId, create } from './elements.ts';

/** The stretch of the strip that has bars, in pixels. */
export interface StripRange {
  readonly left: number;
  readonly width: number;
}

/** Draws the coverage strip into its canvas. */
export function drawStrip(rectangles: readonly StripRectangle[], known: StripRange): void {
  const canvas = byId<HTMLCanvasElement>('strip');
  const ratio = devicePixelRatio;
  const height = canvas.clientHeight;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  // A canvas takes no variables: the swatches of the legend have the colours.
  const colorOf = (state: string) => {
    const swatch = document.querySelector(`#strip-legend [data-state="${state}"]`);
    return swatch ? getComputedStyle(swatch, '::before').backgroundColor : 'transparent';
  };
  context.fillStyle = colorOf('final');
  context.fillRect(known.left, 0, known.width, height);
  for (const { left, width: length, state } of rectangles) {
    context.fillStyle = colorOf(state);
    context.fillRect(left, 0, length, height);
  }
}

/** Fills the legend of the strip: each state with its colour and the number of its slots on the screen. */
export function drawStripLegend(counts: Readonly<Record<RunState, number>>): void {
  const items = STRIP_STATES.map((state) => {
    const item = create('li', stripLabel(state, counts), { 'data-state': state });
    if (state === 'missing' && counts.missing > 0) item.classList.add('alarming');
    return item;
  });
  byId('strip-legend').replaceChildren(...items);
}
