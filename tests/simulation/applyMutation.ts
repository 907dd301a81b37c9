import { registerHooks } from 'node:module';
import { type Change, MUTATIONS } from './mutations.ts';

const CORE = new URL('../../packages/core/src/', import.meta.url).href;

/**
 * Puts a fault into the modules that this thread loads from now on; the files stay as they are. Throws for an
 * unknown name, and later, when a module is loaded, unless that holds the text to replace once.
 */
export function applyMutation(name: string): void {
  const mutation = MUTATIONS.find((one) => one.name === name);
  if (!mutation) {
    const names = MUTATIONS.map((one) => one.name).join(', ');
    throw new Error(`mutation "${name}": expected one of ${names}`);
  }
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const changes = mutation.changes.filter(({ file }) => url === CORE + file);
      if (changes.length === 0) return loaded;
      const source = Buffer.from(loaded.source as Uint8Array).toString();
      return { ...loaded, source: changes.reduce(changed, source) };
    },
  });
}

function changed(source: string, { file, from, to }: Change): string {
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`${file} holds "${from}" ${parts.length - 1} times, expected once`);
  return parts.join(to);
}
