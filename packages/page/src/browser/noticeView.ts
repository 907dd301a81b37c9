import type { CrossoverNotice } from '@candlelake/core';
import { noticeText } from '../model/crossNotices.ts';
import type { TimeZone } from '../model/format.ts';
import { byId, create } from './elements.ts';
import { readChoice, writeChoice } from './preferences.ts';

/** More would cover the chart; the oldest goes. */
const MAX_SHOWN = 3;

/** Shows a notice on the page until it is closed, and on the desktop if the user allowed it. */
export function showNotice(notice: CrossoverNotice, look: { decimals: number; zone: TimeZone }): void {
  const { title, line } = noticeText(notice, look);
  const box = create('div', '', { class: 'notice', 'data-kind': notice.kind, 'data-state': notice.state });
  const close = create('button', '\u00d7', { type: 'button', 'aria-label': 'Close' });
  close.addEventListener('click', () => box.remove());
  box.append(create('strong', title), create('span', line), close);
  const list = byId('notices');
  list.append(box);
  while (list.children.length > MAX_SHOWN) list.firstElementChild?.remove();
  // The tag is the id of the event: a repeat or a retraction takes the place of the notice before it.
  if (isAllowed()) new Notification(title, { body: line, tag: notice.id });
}

/** Turns notifications on the desktop on or off; the browser asks the user the first time. */
export async function switchDesktop(): Promise<void> {
  if (isAllowed()) writeChoice('desktop', 'off');
  else if ((await Notification.requestPermission()) === 'granted') writeChoice('desktop', 'on');
  drawDesktopButton();
}

/** Says whether crossovers are shown on the desktop too. */
export function drawDesktopButton(): void {
  const button = byId('desktop');
  button.hidden = !('Notification' in window);
  button.textContent = `Crossovers on the desktop: ${isAllowed() ? 'on' : 'off'}`;
}

function isAllowed(): boolean {
  return 'Notification' in window && Notification.permission === 'granted' && readChoice('desktop') === 'on';
}
