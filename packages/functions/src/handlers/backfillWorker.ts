/** Entry of the function `backfillWorker`. */
export async function handler(): Promise<void> {
  throw new Error('the function "backfillWorker" is not wired yet');
}
