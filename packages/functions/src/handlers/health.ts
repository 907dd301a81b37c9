/** Entry of the function `health`. */
export async function handler(): Promise<void> {
  throw new Error('the function "health" is not wired yet');
}
