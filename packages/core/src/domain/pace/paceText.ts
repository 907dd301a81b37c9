import type { EpochMs } from '../time/time.ts';
import { NO_PACE, type PaceState, type RoutePace } from './pace.ts';

/** The state as a short text for stores: the starts of ten minutes fit into one or two write units. */
export function paceText({ starts, pause, routes }: PaceState): string {
  const shortRoutes = Object.entries(routes).map(([route, pace]) => [
    route,
    { ...pace, starts: startsText(pace.starts) },
  ]);
  return JSON.stringify({ starts: startsText(starts), pause, routes: Object.fromEntries(shortRoutes) });
}

/** The state of a text that {@link paceText} made; no pace for null. */
export function parsePaceText(text: string | null): PaceState {
  if (text === null) return NO_PACE;
  const { starts, pause, routes } = JSON.parse(text) as StoredPace;
  const read = Object.entries(routes).map(([route, pace]) => [
    route,
    { ...pace, starts: parseStarts(pace.starts) },
  ]);
  return { starts: parseStarts(starts), pause, routes: Object.fromEntries(read) };
}

interface StoredPace extends Pick<PaceState, 'pause'> {
  readonly starts: string;
  readonly routes: Readonly<Record<string, Omit<RoutePace, 'starts'> & { readonly starts: string }>>;
}

/** The first start and the steps between them, in base 36. */
function startsText(starts: readonly EpochMs[]): string {
  return starts.map((start, index) => (start - (starts[index - 1] ?? 0)).toString(36)).join(' ');
}

function parseStarts(text: string): readonly EpochMs[] {
  const starts: EpochMs[] = [];
  for (const step of text.split(' ').filter((one) => one !== ''))
    starts.push((starts.at(-1) ?? 0) + Number.parseInt(step, 36));
  return starts;
}
