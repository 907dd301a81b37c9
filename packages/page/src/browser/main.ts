import { type Action, actionOf } from '../model/keys.ts';
import { byId } from './elements.ts';
import { drawDesktopButton, switchDesktop } from './noticeView.ts';
import { PageController } from './pageController.ts';
import { drawHelp } from './textViews.ts';

const BUTTONS: Readonly<Record<string, Action>> = {
  symbol: 'pickSymbol',
  zone: 'zone',
  theme: 'theme',
  table: 'table',
  'help-button': 'help',
  newest: 'newest',
};

const page = new PageController();
for (const [id, action] of Object.entries(BUTTONS))
  byId(id).addEventListener('click', () => page.actions[action]());
const timeframe = byId<HTMLSelectElement>('timeframe');
timeframe.addEventListener('change', () => page.setTimeframe(timeframe.value));
byId('desktop').addEventListener('click', () => void switchDesktop());
byId('help-close').addEventListener('click', () => byId<HTMLDialogElement>('help').close());
document.addEventListener('keydown', (event) => {
  if ((event.target as Element).closest('dialog, input, select')) return;
  const action = actionOf(event);
  if (!action) return;
  event.preventDefault();
  page.actions[action]();
});
addEventListener('resize', () => page.redraw());
drawHelp();
drawDesktopButton();
await page.connect();
