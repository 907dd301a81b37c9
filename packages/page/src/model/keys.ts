/** What the keyboard does on the page. */
export type Action =
  | 'scrollLeft'
  | 'scrollRight'
  | 'previousBar'
  | 'nextBar'
  | 'zoomIn'
  | 'zoomOut'
  | 'newest'
  | 'pickSymbol'
  | 'table'
  | 'theme'
  | 'zone'
  | 'help'
  | 'leave';

export interface KeyHelp {
  readonly keys: string;
  readonly text: string;
}

/** The table of the help. */
export const KEY_HELP: readonly KeyHelp[] = [
  { keys: '\u2190 \u2192', text: 'scroll' },
  { keys: 'Shift \u2190 \u2192', text: 'read bar by bar' },
  { keys: '+ \u2212', text: 'zoom' },
  { keys: 'End', text: 'newest bar' },
  { keys: '/', text: 'choose a symbol' },
  { keys: 'T', text: 'table of the last bars' },
  { keys: 'D', text: 'light, dark or as the system' },
  { keys: 'U', text: 'UTC or local time' },
  { keys: '?', text: 'this help' },
  { keys: 'Esc', text: 'close, leave the bar' },
];

const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ['ArrowLeft', 'scrollLeft'],
  ['ArrowRight', 'scrollRight'],
  ['Shift+ArrowLeft', 'previousBar'],
  ['Shift+ArrowRight', 'nextBar'],
  ['+', 'zoomIn'],
  ['=', 'zoomIn'],
  ['-', 'zoomOut'],
  ['\u2212', 'zoomOut'],
  ['End', 'newest'],
  ['/', 'pickSymbol'],
  ['t', 'table'],
  ['d', 'theme'],
  ['u', 'zone'],
  ['?', 'help'],
  ['Escape', 'leave'],
]);

export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** The action of a key, or null; shortcuts of the browser are left alone. */
export function actionOf({ key, shiftKey, ctrlKey, altKey, metaKey }: KeyPress): Action | null {
  if (ctrlKey || altKey || metaKey) return null;
  if (key.startsWith('Arrow')) return ACTIONS.get(shiftKey ? `Shift+${key}` : key) ?? null;
  return ACTIONS.get(key.length === 1 ? key.toLowerCase() : key) ?? null;
}
