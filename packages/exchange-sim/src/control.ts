import { Hono } from 'hono';
import { faultsFromJson } from './faultsFromJson.ts';
import type { RunningExchange } from './running.ts';

/** What the control route may do to a running exchange. */
export type Controlled = Pick<RunningExchange, 'faults' | 'setFaults' | 'stats' | 'disconnect' | 'broadcast'>;

/**
 * The control route, for tests that run the stand-in as a process. `GET /control` answers `{faults, stats}`.
 * `POST /control` takes one or several of `{"faults": {…}}` (any of them), `{"disconnect": {"which":
 * "all"|"one", "how": "clean"|"abrupt"}}` and `{"frame": "text"}` (sent as it is to every connection), and
 * answers the same. An invalid order is answered with 400 and changes nothing.
 */
export function createControl(controlled: () => Controlled): Hono {
  const app = new Hono();
  const show = () => ({ faults: controlled().faults, stats: controlled().stats() });
  app.get('/control', (context) => context.json(show()));
  app.post('/control', async (context) => {
    try {
      carryOut(controlled(), await context.req.json());
    } catch (error) {
      return context.json({ error: (error as Error).message }, 400);
    }
    return context.json(show());
  });
  return app;
}

function carryOut(controlled: Controlled, order: unknown): void {
  if (typeof order !== 'object' || order === null) throw new Error('expected an object');
  const { faults = {}, disconnect, frame, ...rest } = order as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new Error(`"${unknown}" is unknown, expected faults, disconnect or frame`);
  const { which, how } = (disconnect ?? { which: 'one', how: 'clean' }) as Readonly<Record<string, unknown>>;
  if ((which !== 'all' && which !== 'one') || (how !== 'clean' && how !== 'abrupt')) {
    throw new Error('disconnect: expected "which" to be all or one, and "how" to be clean or abrupt');
  }
  if (frame !== undefined && typeof frame !== 'string') throw new Error('frame: expected a text');
  controlled.setFaults(faultsFromJson(faults));
  if (disconnect !== undefined) controlled.disconnect(which, how);
  if (frame !== undefined) controlled.broadcast(frame);
}
