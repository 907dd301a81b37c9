import { createRequire } from 'node:module';
import type { Properties } from './cloud.ts';
import { plain, type SignatureKeys, unwrap } from './values.ts';

/** A protobuf message as generated for JavaScript: `getUrn()`, `setUrn(…)`. */
export type Message = object;
type MessageType = new () => Message;
type Proto = Readonly<Record<string, MessageType>>;

/**
 * The engine's protocol, loaded from the deployed program's own node_modules, so that both sides speak the
 * same version.
 */
export interface Protocol {
  readonly grpc: GrpcLibrary;
  readonly resource: Proto;
  readonly provider: Proto;
  readonly engine: Proto;
  readonly empty: MessageType;
  readonly services: { readonly monitor: object; readonly engine: object };
  /** Path of the program that runs a deployment in Node. */
  readonly runner: string;
  fromStruct(struct: Message | undefined): { readonly value: Properties; readonly secrets: string[] };
  toStruct(value: Properties): Message;
}

interface GrpcLibrary {
  readonly Server: new (options: Readonly<Record<string, number>>) => GrpcServer;
  readonly ServerCredentials: { createInsecure(): object };
  readonly status: { readonly UNKNOWN: number };
}

interface GrpcServer {
  addService(service: object, methods: Readonly<Record<string, UnaryMethod>>): void;
  bindAsync(address: string, credentials: object, done: (error: Error | null, port: number) => void): void;
  forceShutdown(): void;
}

export type UnaryMethod = (
  call: { readonly request: Message },
  callback: (error: object | null, answer?: Message) => void,
) => void;

/** Loads the protocol that `program` was built against. */
export function loadProtocol(program: string): Protocol {
  const load = createRequire(program);
  const proto = (name: string) => load(`@pulumi/pulumi/proto/${name}`);
  const keys: SignatureKeys = load('@pulumi/pulumi/runtime/rpc');
  const { Struct } = load('google-protobuf/google/protobuf/struct_pb');
  return {
    grpc: load('@grpc/grpc-js'),
    resource: proto('resource_pb'),
    provider: proto('provider_pb'),
    engine: proto('engine_pb'),
    empty: load('google-protobuf/google/protobuf/empty_pb').Empty,
    services: {
      monitor: proto('resource_grpc_pb').ResourceMonitorService,
      engine: proto('engine_grpc_pb').EngineService,
    },
    runner: load.resolve('@pulumi/pulumi/cmd/run'),
    fromStruct: (struct) => unwrap(struct ? read(struct, 'toJavaScript') : {}, keys),
    toStruct: (value) => Struct.fromJavaScript(plain(value)),
  };
}

/** Calls a getter of a message, by its full name. */
export function read<T>(message: Message, getter: string): T {
  return (message as Record<string, () => T>)[getter]!.call(message);
}

/** A message of this type with these fields set. */
export function message(type: MessageType | undefined, fields: Properties): Message {
  const made = new type!();
  for (const [field, value] of Object.entries(fields)) {
    (made as Record<string, (value: unknown) => void>)[`set${field}`]!.call(made, value);
  }
  return made;
}
