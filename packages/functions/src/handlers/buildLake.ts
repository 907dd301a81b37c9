/** Entry of the function `buildLake`. */
export async function handler(): Promise<void> {
  throw new Error('the function "buildLake" is not wired yet');
}
