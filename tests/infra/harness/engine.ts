/**
 * Stands in for the `pulumi` program that sst starts. It speaks the real engine's protocol to the real SDK,
 * so that the real sst components run unchanged; instead of calling AWS it records what they register, and
 * answers with what cloud.ts makes up. Commands: version, stack
 * init, preview, up, destroy.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { PULUMI_VERSION, writeCheckpoint } from './checkpoint.ts';
import { destroy } from './destroy.ts';
import { loadProtocol, type Protocol, type UnaryMethod } from './grpc.ts';
import { engineHandlers, type Handlers, monitorHandlers, type Recording } from './monitor.ts';

process.exitCode = await main(process.argv.slice(2));

async function main([command, ...rest]: readonly string[]): Promise<number> {
  if (command === 'version') {
    process.stdout.write(`${PULUMI_VERSION}\n`);
    return 0;
  }
  if (command === 'stack' && rest[0] === 'init') {
    writeCheckpoint(rest[1]!, []);
    return 0;
  }
  if (command === 'preview' || command === 'up') return await run(command, rest);
  if (command === 'destroy') {
    const { stack, events } = readArgs(rest);
    return destroy(stack, eventLog(events));
  }
  process.stderr.write(`error: the stand-in engine has no command "${command}"\n`);
  return 1;
}

function readArgs(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    strict: false,
    options: {
      stack: { type: 'string' },
      'event-log': { type: 'string' },
      config: { type: 'string', multiple: true },
    },
  });
  return {
    stack: String(values.stack),
    events: values['event-log'] as string | undefined,
    config: Object.fromEntries(((values.config ?? []) as string[]).map(splitPair)),
  };
}

async function run(command: string, args: readonly string[]): Promise<number> {
  const { stack, events, config } = readArgs(args);
  const [, project, stage] = stack.split('/') as [string, string, string];
  const program = /^main: (.*)$/m.exec(fs.readFileSync('Pulumi.yaml', 'utf8'))![1]!;
  const recording: Recording = { resources: new Map(), errors: [] };
  const emit = eventLog(events);
  const protocol = loadProtocol(program);
  const { address, stop } = await serve(protocol, recording, {
    monitor: monitorHandlers({ protocol, project, stage, recording, emit }),
    engine: engineHandlers({ protocol, project, stage, recording, emit }),
  });
  const code = await runProgram({ protocol, program, project, stage, address, config });
  stop();

  const resources = [...recording.resources.values()];
  const { errors } = recording;
  if (code !== 0 && errors.length === 0) {
    emit({
      diagnosticEvent: { message: `the program exited with ${code}`, color: 'never', severity: 'error' },
    });
  }
  if (command === 'up') writeCheckpoint(stack, resources);
  fs.writeFileSync(process.env.GRAPH_FILE!, JSON.stringify({ stage, config, errors, resources }));
  emit({
    summaryEvent: { maybeCorrupt: false, durationSeconds: 1, resourceChanges: { create: resources.length } },
  });
  return code !== 0 || errors.length > 0 ? 1 : 0;
}

async function serve(
  protocol: Protocol,
  recording: Recording,
  handlers: { readonly monitor: Handlers; readonly engine: Handlers },
): Promise<{ readonly address: string; stop(): void }> {
  const { grpc, services } = protocol;
  const unlimited = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
  const server = new grpc.Server(unlimited);
  const unary =
    (handler: Handlers[string]): UnaryMethod =>
    ({ request }, callback) => {
      try {
        callback(null, handler(request));
      } catch (error) {
        const text = (error as Error).message;
        recording.errors.push(text);
        callback({ code: grpc.status.UNKNOWN, message: text });
      }
    };
  const methods = (of: Handlers) =>
    Object.fromEntries(Object.entries(of).map(([name, handler]) => [name, unary(handler)]));
  server.addService(services.monitor, methods(handlers.monitor));
  server.addService(services.engine, methods(handlers.engine));
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}

interface ProgramOptions {
  readonly protocol: Protocol;
  readonly program: string;
  readonly project: string;
  readonly stage: string;
  readonly address: string;
  readonly config: Readonly<Record<string, string>>;
}

async function runProgram({
  protocol,
  program,
  project,
  stage,
  address,
  config,
}: ProgramOptions): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      protocol.runner,
      `--monitor=${address}`,
      `--engine=${address}`,
      '--organization=organization',
      `--project=${project}`,
      `--stack=${stage}`,
      '--parallel=10',
      `--pwd=${process.cwd()}`,
      program,
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, PULUMI_CONFIG: JSON.stringify(config), PULUMI_CONFIG_SECRET_KEYS: '[]' },
    },
  );
  return await new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}

function eventLog(file: string | undefined): (event: object) => void {
  let sequence = 0;
  return (event) => {
    if (file === undefined) return;
    const timestamp = Math.floor(Date.now() / 1000);
    fs.appendFileSync(file, `${JSON.stringify({ sequence, timestamp, ...event })}\n`);
    sequence += 1;
  };
}

function splitPair(pair: string): readonly [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}
