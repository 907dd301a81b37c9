/** Entry of the function `canary`. */
export async function handler(): Promise<void> {
  throw new Error('the function "canary" is not wired yet');
}
