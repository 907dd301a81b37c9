import type { TimeZone } from '../model/format.ts';

type Theme = 'system' | 'light' | 'dark';

/** What the user chose on this browser, and what follows from it. */
export interface Preferences {
  theme(): Theme;
  isDark(): boolean;
  zone(): TimeZone;
  /** From as the system to light to dark and back. */
  nextTheme(): void;
  nextZone(): void;
}

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

/** `onChange` is called after a choice and when the system changes between light and dark. */
export function createPreferences(onChange: () => void): Preferences {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let theme = THEMES.find((name) => name === readChoice('theme')) ?? 'system';
  let zone: TimeZone = readChoice('zone') === 'local' ? 'local' : 'UTC';
  const apply = () => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  apply();
  dark.addEventListener('change', onChange);
  return {
    theme: () => theme,
    isDark: () => (theme === 'system' ? dark.matches : theme === 'dark'),
    zone: () => zone,
    nextTheme() {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
      writeChoice('theme', theme);
      apply();
      onChange();
    },
    nextZone() {
      zone = zone === 'UTC' ? 'local' : 'UTC';
      writeChoice('zone', zone);
      onChange();
    },
  };
}

/** A choice of the user; null before one. A browser may refuse storage, in a private window for example. */
export function readChoice(key: string): string | null {
  try {
    return localStorage.getItem(`candlelake.${key}`);
  } catch {
    return null;
  }
}

/** Keeps a choice, or forgets it with the page where the browser refuses storage. */
export function writeChoice(key: string, value: string): void {
  try {
    localStorage.setItem(`candlelake.${key}`, value);
  } catch {
    // The choice is not kept.
  }
}
