import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { contractsOf } from './contracts.ts';
import type { Exchange } from './exchange.ts';
import { answerKlines, type Envelope, unknownSymbol } from './klines.ts';
import { createRateLimit, type RateLimits } from './rateLimit.ts';

type Env = { Bindings: HttpBindings };
type RestContext = Context<Env>;

/** HTTP 200 for every answer that is an envelope, business errors included (dossier 1). */
const TOO_FREQUENT: Envelope = { code: 100410, msg: 'Request rate limit exceeded', data: null };
const BUSY: Envelope = {
  code: 100410,
  msg: 'The current system is busy, please try again later',
  data: null,
};
const NO_SUCH_API: Envelope = { code: 100400, msg: 'this api is not exist', data: {} };

/** The REST side of the stand-in. */
export function createRest(exchange: Exchange, limits: RateLimits | null): Hono<Env> {
  const app = new Hono<Env>();
  const takePlace = createRateLimit(limits, exchange.clock);
  app.use('/openApi/*', async (context, next) => {
    exchange.counts.requests += 1;
    const place = takePlace();
    for (const [name, value] of Object.entries(place.headers)) context.header(name, value);
    if (place.verdict !== 'ok') exchange.counts.limited += 1;
    if (place.verdict === 'limited') return context.json(TOO_FREQUENT);
    if (place.verdict === 'tooMany') return context.text('Too Many Requests', 429);
    if (place.verdict === 'forbidden') return context.text('Forbidden', 403);
    return (await spoil(exchange, context)) ?? next();
  });
  app.get('/openApi/swap/v3/quote/klines', (c) => c.json(answerKlines(exchange, 'v3', c.req.query())));
  app.get('/openApi/swap/v2/quote/klines', (c) => c.json(answerKlines(exchange, 'v2', c.req.query())));
  app.get('/openApi/swap/v2/quote/contracts', (c) => {
    const symbol = c.req.query('symbol');
    const contracts = contractsOf(exchange.market, symbol);
    return c.json(contracts ? ok(contracts) : unknownSymbol(symbol ?? ''));
  });
  app.get('/openApi/swap/v2/server/time', (c) => c.json(ok({ serverTime: exchange.clock.now() })));
  // Markets that are not served here are empty, not absent: clients that list all markets go on.
  app.get('/openApi/spot/v1/common/symbols', (c) => c.json(ok({ symbols: [] })));
  app.get('/openApi/cswap/v1/market/contracts', (c) => c.json(ok([])));
  app.notFound((c) => c.json(NO_SUCH_API));
  return app;
}

function ok(data: unknown): Envelope {
  return { code: 0, msg: '', data };
}

/** What the `rest` fault makes of a request; null when it goes on. */
async function spoil(exchange: Exchange, context: RestContext): Promise<Response | null> {
  const { faults, clock, random } = exchange;
  if (faults.restDelayMs > 0) await clock.sleep(faults.restDelayMs, context.req.raw.signal).catch(() => {});
  if (faults.rest === 'ok' || random() >= faults.restShare) return null;
  switch (faults.rest) {
    case 'hang':
      return new Promise(() => {});
    case 'drop':
      context.env.incoming.socket.destroy();
      return new Promise(() => {});
    case 'http500':
      return context.text('Internal Server Error', 500);
    case 'http403':
      return context.text('Forbidden', 403);
    case 'http429':
      return context.text('Too Many Requests', 429);
    case 'busy':
      return context.json(BUSY);
    case 'notJson':
      return context.html('<html><body>502 Bad Gateway</body></html>');
    case 'cut':
      return context.body('{"code":0,"msg":"","data":[{"open":"110298.6","clo');
  }
}
