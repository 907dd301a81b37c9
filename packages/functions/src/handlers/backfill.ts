/** Entry of the function `backfill`. */
export async function handler(): Promise<void> {
  throw new Error('the function "backfill" is not wired yet');
}
