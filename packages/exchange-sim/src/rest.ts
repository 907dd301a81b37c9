import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { contractRows } from './contracts.ts';
import type { Exchange } from './exchange.ts';
import { answerKlines, type Envelope, unknownSymbol } from './klines.ts';
import { createRateLimit, type RateLimits } from './rateLimit.ts';
import { answerSpotKlines, spotSymbols } from './spotRest.ts';

type Env = { Bindings: HttpBindings };
type RestContext = Context<Env>;

/** Sent with HTTP 200, as all envelopes are (docs/bingx.md, "Errors"). */
const TOO_FREQUENT: Envelope = { code: 100410, msg: 'Request rate limit exceeded', data: null };
const BUSY: Envelope = {
  code: 100410,
  msg: 'The current system is busy, please try again later',
  data: null,
};
/** The documented limits of spot's klines and of its history. */
const SPOT_ROWS = 1_440;
const SPOT_HISTORY_ROWS = 500;
const NO_SUCH_API: Envelope = { code: 100400, msg: 'this api is not exist', data: {} };

/** The REST side of the stand-in. */
export function createRest(exchange: Exchange, limits: RateLimits | null): Hono<Env> {
  const app = new Hono<Env>();
  const limit = createRateLimit(limits, exchange.clock);
  app.use('/openApi/*', async (context, next) => {
    exchange.counts.requests += 1;
    const { verdict, headers } = limit(context.req.path);
    context.header('Date', new Date(exchange.clock.now() + exchange.faults.dateOffsetMs).toUTCString());
    if (exchange.faults.rateHeaders === 'sent')
      for (const [name, value] of Object.entries(headers)) context.header(name, value);
    const ban = currentBan(exchange);
    if (verdict !== 'ok' || ban) exchange.counts.limited += 1;
    if (ban) return context.json(ban);
    if (verdict === 'limited') return context.json(TOO_FREQUENT);
    if (verdict === 'tooMany') return context.text('Too Many Requests', 429);
    if (verdict === 'banned') return context.text("I'm a teapot", 418);
    return (await answerFault(exchange, context)) ?? next();
  });
  app.get('/openApi/swap/v3/quote/klines', (c) => c.json(answerKlines(exchange, 'v3', c.req.query())));
  app.get('/openApi/swap/v2/quote/klines', (c) => c.json(answerKlines(exchange, 'v2', c.req.query())));
  app.get('/openApi/swap/v2/quote/contracts', (c) => {
    const symbol = c.req.query('symbol');
    const rows = contractRows(exchange, symbol);
    return c.json(rows ? ok(rows) : unknownSymbol(symbol ?? ''));
  });
  app.get('/openApi/swap/v2/server/time', (c) =>
    c.json(ok({ serverTime: exchange.clock.now() + exchange.faults.serverTimeOffsetMs })),
  );
  for (const path of ['/openApi/spot/v2/market/kline', '/openApi/spot/v1/market/kline'])
    app.get(path, (c) => c.json(answerSpotKlines(exchange, c.req.query(), SPOT_ROWS)));
  app.get('/openApi/market/his/v1/kline', (c) =>
    c.json(answerSpotKlines(exchange, c.req.query(), SPOT_HISTORY_ROWS)),
  );
  app.get('/openApi/spot/v1/common/symbols', (c) => c.json(ok(spotSymbols(exchange, c.req.query('symbol')))));
  // Inverse contracts are an empty list: clients that list all markets go on.
  app.get('/openApi/cswap/v1/market/contracts', (c) => c.json(ok([])));
  app.notFound((c) => c.json(NO_SUCH_API));
  return app;
}

function ok(data: unknown): Envelope {
  return { code: 0, msg: '', data };
}

/** The refusal of the `ban` fault, its text as documented by users; null when there is no ban now. */
function currentBan({ faults, clock }: Exchange): Envelope | null {
  const { ban } = faults;
  if (!ban || clock.now() >= ban.until) return null;
  const reason = 'over 20 error code:100202 requests within 480000 ms for this api, please verify and fix it';
  return { code: ban.code, msg: `${reason} ,can retry after time: ${ban.until}`, data: {} };
}

/** The answer of the `rest` fault; null for a request that it does not hit. */
async function answerFault(exchange: Exchange, context: RestContext): Promise<Response | null> {
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
    case 'http502':
      return context.html('<html><body>502 Bad Gateway</body></html>', 502);
    case 'http403':
      return context.text('Forbidden', 403);
    case 'http418':
      return context.text("I'm a teapot", 418);
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
