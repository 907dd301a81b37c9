import { type Agent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { ConfigError } from '@candlelake/core';

/** Environment variables, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How connections are made: HTTP requests and WebSockets of one process share it. */
export interface Network {
  /** The agent for a URL (http, https, ws, wss). */
  agentFor(url: URL): Agent;
  /**
   * A note for error messages about connections to `url`: which proxy is set for it. Empty without a proxy.
   */
  proxyNote(url: URL): string;
}

/**
 * Time for each address of a host before the next one is tried; the last one gets the rest of the time-out.
 * Node's default of 250 ms is shorter than a handshake with a far host: with an unroutable IPv6 address among
 * the records no connection is ever made. Source: nodejs/node#54359.
 */
const ADDRESS_TIMEOUT_MS = 2_500;

/** Connections without a request are closed after this time, before the other side closes them. */
const IDLE_MS = 4_000;

const OPTIONS = { keepAlive: true, timeout: IDLE_MS };

/** Loopback names and addresses in the spelling of `URL.hostname`. */
const LOOPBACK = /^(?:(?:.*\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Creates the network of this process. Proxies are taken from `HTTPS_PROXY` (https and wss), `HTTP_PROXY`
 * (http and ws) and `NO_PROXY`, in lower case too, where lower case wins; an empty variable is an unset one.
 * Loopback never goes through a proxy. Throws ConfigError for a proxy that is not a URL.
 */
export function createNetwork(environment: Environment = process.env): Network {
  // For the whole process: the connection to a proxy takes no option of its own.
  setDefaultAutoSelectFamilyAttemptTimeout(ADDRESS_TIMEOUT_MS);
  const proxyEnv = {
    http_proxy: readProxy(environment, 'http_proxy'),
    https_proxy: readProxy(environment, 'https_proxy'),
    no_proxy: read(environment, 'no_proxy'),
  };
  const noProxy = { ...OPTIONS, proxyEnv: {} };
  const direct = { plain: new HttpAgent(noProxy), secure: new HttpsAgent(noProxy) };
  const proxied = {
    plain: new HttpAgent({ ...OPTIONS, proxyEnv }),
    secure: new HttpsAgent({ ...OPTIONS, proxyEnv }),
  };
  return {
    agentFor(url) {
      const agents = isLoopback(url) ? direct : proxied;
      return isSecure(url) ? agents.secure : agents.plain;
    },
    proxyNote(url) {
      const name = isSecure(url) ? 'https_proxy' : 'http_proxy';
      const proxy = isLoopback(url) ? undefined : proxyEnv[name];
      return proxy === undefined ? '' : `; ${name.toUpperCase()} is ${new URL(proxy).origin}`;
    },
  };
}

function isSecure({ protocol }: URL): boolean {
  return protocol === 'https:' || protocol === 'wss:';
}

/** Whether a URL leads to this machine by a loopback name or address. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.test(hostname);
}

function read(environment: Environment, name: string): string | undefined {
  return environment[name] || environment[name.toUpperCase()] || undefined;
}

/** A proxy without a scheme is an HTTP proxy, as curl reads it. */
function readProxy(environment: Environment, name: string): string | undefined {
  const value = read(environment, name);
  if (value === undefined) return undefined;
  const text = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href;
  const shown = value.replace(/[^/]*@/, '***@');
  throw new ConfigError(
    `${name.toUpperCase()} "${shown}": expected http://host:port or https://host:port; unset it to connect directly`,
  );
}
