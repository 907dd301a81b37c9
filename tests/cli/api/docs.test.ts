import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemaFaults } from '../../support/jsonSchema.ts';
import { ROOT, type RunningProgram, startCommand, startProgram } from '../program.ts';
import { type Simulation, simulate, urlOf } from '../simulation.ts';

const PAGE = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, kind, text]) => ({
  kind,
  text: text!,
}));
/** The address of the examples. */
const ADDRESS = 'http://localhost:8080';
const COMMANDS = BLOCKS.filter(({ kind }) => kind === 'sh').flatMap(({ text }) => text.trim().split('\n'));
const URLS = COMMANDS.map((command) => /^curl '(http\S+)'$/.exec(command)?.[1] ?? command);

let simulation: Simulation;
let program: RunningProgram;
let url: string;

/** The simulated time of the demo, so that the times of the page are those of its data. */
beforeAll(async () => {
  simulation = await simulate({ from: Date.UTC(2026, 10, 20, 23, 46), speed: 60 });
  program = startProgram(['stream', ...simulation.flags], simulation.variables);
  url = await urlOf(program);
  await program.line(/history has answered/);
});

afterAll(async () => {
  program.process.kill();
  await program.ended;
  await simulation.exchange.close();
});

interface Document {
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
}
interface Operation {
  readonly responses: Readonly<
    Record<
      string,
      { readonly content: Readonly<Record<string, { readonly schema: Readonly<Record<string, unknown>> }>> }
    >
  >;
}

async function description(): Promise<Document> {
  return (await (await fetch(`${url}/api/openapi.json`)).json()) as Document;
}

/** The schema of a route's answer, or of its problem. */
function schemaOf({ paths }: Document, address: string, isProblem: boolean) {
  const { responses } = paths[new URL(address).pathname]!.get;
  const { content } = responses[isProblem ? 'default' : 200]!;
  return Object.values(content)[0]!.schema;
}

describe('docs/api.md', () => {
  it('names every route of the OpenAPI document in its table, and no other', async () => {
    const named = [...PAGE.matchAll(/^\| `(\/api\/\w+)/gm)].map(([, path]) => path!);
    const described = Object.keys((await description()).paths).filter((path) => path !== '/api/openapi.json');
    expect(named.sort()).toEqual(described.sort());
  });

  it('names every event of the OpenAPI document', async () => {
    const { get } = (await description()).paths['/api/live']!;
    const events = (text: string) => [...text.matchAll(/^\| `(\w+)` \| /gm)].map(([, name]) => name).sort();
    const described = (get.responses[200] as unknown as { description: string }).description;
    expect(events(PAGE)).toEqual(events(described));
  });

  it.each(URLS)('%s is answered as described', async (address) => {
    const document = await description();
    const answer = await fetch(address.replace(ADDRESS, url));
    const isProblem = address.includes('timeframe=20m');
    expect(answer.ok).toBe(!isProblem);
    const schema = schemaOf(document, address, isProblem);
    expect(schemaFaults(await answer.json(), schema, document.components.schemas)).toEqual([]);
  });

  it('shows answers that fit the description of the request before them', async () => {
    const document = await description();
    let address = '';
    let shown = 0;
    for (const { kind, text } of BLOCKS) {
      if (kind === 'sh') address = /'(http\S+)'\s*$/.exec(text)![1]!;
      if (kind !== 'json') continue;
      const schema = schemaOf(document, address, address.includes('timeframe=20m'));
      expect(schemaFaults(JSON.parse(text), schema, document.components.schemas), address).toEqual([]);
      shown += 1;
    }
    expect(shown).toBe(4);
  });

  it('and the README show requests that are answered', async () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    const addresses = [...readme.matchAll(/^curl (?:-N )?'(http:\/\/localhost:8080\/api\/\S+)'$/gm)].map(
      (match) => match[1]!,
    );
    expect(addresses.length).toBeGreaterThanOrEqual(2);
    for (const address of addresses) {
      const answer = await fetch(address.replace(ADDRESS, url));
      await answer.body!.cancel();
      expect(answer.status, address).toBe(200);
    }
  });

  it('has a script that prints live bars', async () => {
    const [script] = BLOCKS.filter(({ kind }) => kind === 'js');
    const words = [
      '--experimental-eventsource',
      '--input-type=module',
      '--eval',
      script!.text.replace(ADDRESS, url),
    ];
    const running = startCommand(process.execPath, words, {}, ROOT);
    expect(await running.line(/^bar /)).toMatch(/^bar \d+(\.\d+)?$/);
    running.process.kill();
    await running.ended;
  });
});
