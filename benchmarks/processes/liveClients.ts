/**
 * Clients of `/api/live` that read and drop what they get: `liveClients.ts URL SYMBOL…`, one for each symbol.
 * Prints a line when each has received something.
 */
import { get } from 'node:http';

const [url, ...symbols] = process.argv.slice(2);
await Promise.all(
  symbols.map(
    (symbol) =>
      new Promise<void>((resolve) => {
        get(`${url}/api/live?symbol=${symbol}`, { agent: false }, (answer) => {
          answer.once('data', () => resolve());
          answer.resume();
        });
      }),
  ),
);
console.log('connected');
