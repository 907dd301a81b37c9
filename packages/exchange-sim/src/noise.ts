/**
 * Pseudo-random numbers as pure functions of their keys: every process draws the same market from the same
 * seed.
 */

/** Mixes integers into one unsigned 32-bit integer. Of keys above 2^32 (instants) both halves are used. */
export function hash(seed: number, ...keys: readonly number[]): number {
  let state = seed >>> 0;
  for (const key of keys) {
    state = mix(state ^ (key >>> 0));
    const high = Math.floor(key / 4_294_967_296);
    if (high !== 0) state = mix(state ^ high);
  }
  return state;
}

/** {@link hash} as a number in [0, 1). */
export function draw(seed: number, ...keys: readonly number[]): number {
  return hash(seed, ...keys) / 4_294_967_296;
}

/** A seed for a text, such as a symbol. */
export function seedOf(seed: number, text: string): number {
  let state = mix(seed >>> 0);
  for (let i = 0; i < text.length; i += 1) state = mix(state ^ text.charCodeAt(i));
  return state;
}

/** A smooth curve in [-1, 1) through one drawn value at each whole number. */
export function wave(seed: number, position: number): number {
  const left = Math.floor(position);
  const share = position - left;
  const eased = share * share * (3 - 2 * share);
  const from = mix(mix(seed) ^ (left >>> 0)) / 2_147_483_648 - 1;
  const to = mix(mix(seed) ^ ((left + 1) >>> 0)) / 2_147_483_648 - 1;
  return from + (to - from) * eased;
}

/**
 * A 32-bit finaliser: each input bit changes about half of the output bits. Constants of
 * github.com/skeeto/hash-prospector.
 */
function mix(value: number): number {
  let state = value | 0;
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0xd35a2d97);
  return (state ^ (state >>> 15)) >>> 0;
}
