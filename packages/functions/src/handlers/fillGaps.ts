/** Entry of the function `fillGaps`. */
export async function handler(): Promise<void> {
  throw new Error('the function "fillGaps" is not wired yet');
}
