import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type DoctorPorts, type OpenSocket } from '@candlelake/core';
import { makeMissingFolders } from '../adapters/missingFolders.ts';

export interface RecordingDetails {
  readonly restUrl: string;
  readonly wsUrl: string;
  readonly symbols: readonly string[];
}

/** The version of the format. Source: docs/recordings.md. */
const VERSION = 1;

/** Headers that say something of the exchange; others name servers and places between it and this machine. */
const KEPT_HEADERS = /^(?:content-type|date|retry-after|x-ratelimit-.*)$/;

/**
 * The same ports, which also write down what is received, line by line, in the format of docs/recordings.md.
 * Throws ConfigError for a folder that has files or cannot be made.
 */
export function recordPorts(folder: string, ports: DoctorPorts, details: RecordingDetails): DoctorPorts {
  makeEmptyFolder(folder);
  const { clock } = ports;
  const head = { version: VERSION, startedAt: clock.now(), ...details };
  writeFileSync(join(folder, 'recording.json'), `${JSON.stringify(head, null, 2)}\n`);
  const append = (name: string, line: object) =>
    appendFileSync(join(folder, name), `${JSON.stringify(line)}\n`);
  return {
    ...ports,
    async httpGet(url, signal) {
      const at = clock.now();
      const path = pathOf(url);
      try {
        const { status, headers, body } = await ports.httpGet(url, signal);
        const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT_HEADERS.test(name)));
        append('answers.jsonl', { at, tookMs: clock.now() - at, path, status, headers: kept, body });
        return { status, headers, body };
      } catch (error) {
        append('answers.jsonl', { at, tookMs: clock.now() - at, path, failure: String(error) });
        throw error;
      }
    },
    openSocket: recordSocket(ports, (line) => append('frames.jsonl', { at: clock.now(), ...line })),
  };
}

function recordSocket({ openSocket }: DoctorPorts, write: (line: object) => void): OpenSocket {
  return (url, handlers) => {
    const socket = openSocket(url, {
      opened() {
        write({ kind: 'open' });
        handlers.opened();
      },
      frame(data) {
        const content =
          typeof data === 'string' ? { text: data } : { base64: Buffer.from(data).toString('base64') };
        write({ kind: 'frame', ...content });
        handlers.frame(data);
      },
      closed(reason, handshakeStatus) {
        write({ kind: 'close', reason, ...(handshakeStatus !== undefined && { handshakeStatus }) });
        handlers.closed(reason, handshakeStatus);
      },
    });
    return {
      send(text) {
        write({ kind: 'sent', text });
        socket.send(text);
      },
      close: () => socket.close(),
    };
  };
}

function makeEmptyFolder(folder: string): void {
  try {
    makeMissingFolders(folder);
    if (readdirSync(folder).length === 0) return;
  } catch (cause) {
    throw new ConfigError(`--record "${folder}": can't be made, expected a folder that can be written`, {
      cause,
    });
  }
  throw new ConfigError(`--record "${folder}": has files, expected a new or an empty folder`);
}

function pathOf(address: string): string {
  const { pathname, search } = new URL(address);
  return pathname + search;
}
