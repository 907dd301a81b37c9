import { create, invoke } from './cloud.ts';
import type { Resource } from './graph.ts';
import { type Message, message, type Protocol, read } from './grpc.ts';

/** What one run of a program leaves behind. */
export interface Recording {
  readonly resources: Map<string, Resource>;
  readonly errors: string[];
}

export interface MonitorOptions {
  readonly protocol: Protocol;
  readonly project: string;
  readonly stage: string;
  readonly recording: Recording;
  /** Appends to the log of events that sst follows. */
  readonly emit: (event: object) => void;
}

export type Handlers = Readonly<Record<string, (request: Message) => Message>>;

/**
 * What the real engine can do, as far as a program may ask; the rest (transforms, output values) it then does
 * without.
 */
const FEATURES = [
  'secrets',
  'resourceReferences',
  'aliasSpecs',
  'deletedWith',
  'replaceWith',
  'parameterization',
  'resourceHooks',
];

/** The ResourceMonitor service: records every registration and answers as the cloud would. */
export function monitorHandlers(options: MonitorOptions): Handlers {
  const { protocol } = options;
  const empty = () => message(protocol.empty, {});
  return {
    supportsFeature: (request) =>
      message(protocol.resource.SupportsFeatureResponse, {
        Hassupport: FEATURES.includes(read(request, 'getId')),
      }),
    invoke: (request) => answerInvoke(request, options),
    readResource: (request) => {
      const { urn, outputs } = register(request, options);
      return message(protocol.resource.ReadResourceResponse, {
        Urn: urn,
        Properties: protocol.toStruct(outputs),
      });
    },
    registerResource: (request) => {
      const { urn, id, outputs } = register(request, options);
      return message(protocol.resource.RegisterResourceResponse, {
        Urn: urn,
        Id: id,
        Object: protocol.toStruct(outputs),
      });
    },
    registerResourceOutputs: (request) => {
      const { resources } = options.recording;
      const urn = read<string>(request, 'getUrn');
      const known = resources.get(urn)!;
      const { value } = protocol.fromStruct(read(request, 'getOutputs'));
      resources.set(urn, { ...known, outputs: { ...known.outputs, ...value } });
      return empty();
    },
    registerPackage: () => message(protocol.resource.RegisterPackageResponse, { Ref: 'stand-in' }),
    registerStackTransform: empty,
    registerStackInvokeTransform: empty,
    registerResourceHook: empty,
    signalAndWaitForShutdown: empty,
  };
}

const SEVERITIES = ['debug', 'info', 'warning', 'error'] as const;

/** The Engine service: the program's log, and its root. */
export function engineHandlers({ protocol, recording, emit }: MonitorOptions): Handlers {
  let root = '';
  return {
    log: (request) => {
      const severity = SEVERITIES[read<number>(request, 'getSeverity')]!;
      const text = read<string>(request, 'getMessage');
      if (severity === 'error') recording.errors.push(text);
      if (severity !== 'debug') {
        emit({ diagnosticEvent: { urn: read(request, 'getUrn'), message: text, color: 'never', severity } });
      }
      return message(protocol.empty, {});
    },
    getRootResource: () => message(protocol.engine.GetRootResourceResponse, { Urn: root }),
    setRootResource: (request) => {
      root = read(request, 'getUrn');
      return message(protocol.engine.SetRootResourceResponse, {});
    },
    startDebugging: () => message(protocol.empty, {}),
  };
}

function answerInvoke(request: Message, { protocol, recording }: MonitorOptions): Message {
  const token = read<string>(request, 'getTok');
  const { value: args } = protocol.fromStruct(read(request, 'getArgs'));
  if (token !== 'pulumi:pulumi:getResource') {
    return message(protocol.provider.InvokeResponse, { Return: protocol.toStruct(invoke(token, args)) });
  }
  const found = recording.resources.get(String(args.urn))!;
  const state = { urn: found.urn, id: found.id, state: found.outputs };
  return message(protocol.provider.InvokeResponse, { Return: protocol.toStruct(state) });
}

/** Records one resource, made or read. Throws for a name that is taken, as Pulumi does. */
function register(request: Message, { protocol, project, stage, recording, emit }: MonitorOptions): Resource {
  const isRead = 'getProperties' in request;
  const [type, name, parent] = ['getType', 'getName', 'getParent'].map((getter) =>
    read<string>(request, getter),
  );
  const parentTypes = parent ? parent.split('::')[2]! : '';
  const chain = parentTypes && parentTypes !== 'pulumi:pulumi:Stack' ? `${parentTypes}$${type}` : type;
  const urn = `urn:pulumi:${stage}::${project}::${chain}::${name}`;
  if (recording.resources.has(urn))
    throw new Error(`duplicate resource "${urn}": expected a name of its own`);
  const { value: inputs, secrets } = protocol.fromStruct(
    read(request, isRead ? 'getProperties' : 'getObject'),
  );
  const custom = isRead || read<boolean>(request, 'getCustom');
  // An existing resource has the name by which it is read.
  const id = isRead ? read<string>(request, 'getId') : '';
  const named = isRead ? { ...inputs, name: id, bucket: id } : inputs;
  const made = custom ? create(type!, name!, named) : { id: '', outputs: {} };
  const resource: Resource = {
    urn,
    type: type!,
    name: name!,
    parent: parent!,
    custom,
    id: isRead ? id : made.id,
    inputs,
    outputs: made.outputs,
    secrets,
    dependencies: read(request, 'getDependenciesList'),
    protect: isRead ? false : read(request, 'getProtect'),
    retainOnDelete: isRead ? false : read(request, 'getRetainondelete'),
  };
  recording.resources.set(urn, resource);
  const state = {
    type,
    urn,
    custom,
    id: resource.id,
    parent,
    inputs,
    outputs: resource.outputs,
    provider: '',
  };
  const metadata = { op: 'create', urn, type, old: null, new: state, provider: '' };
  emit({ resourcePreEvent: { metadata } });
  emit({ resOutputsEvent: { metadata } });
  return resource;
}
