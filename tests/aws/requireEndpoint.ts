/** Ends the lane with 2 where nothing plays AWS: these tests must not reach the real one. */
export function setup(): void {
  if (process.env.AWS_ENDPOINT_URL) return;
  console.error(
    'AWS_ENDPOINT_URL is not set: expected the address of a stand-in, such as http://127.0.0.1:5577',
  );
  process.exit(2);
}
