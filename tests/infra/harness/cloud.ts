/** What the cloud would answer: provider functions, and the outputs that it computes for a new resource. */
export const ACCOUNT = '123456789012';
export const REGION = 'eu-west-1';

export type Properties = Readonly<Record<string, unknown>>;

export interface Made {
  readonly id: string;
  readonly outputs: Properties;
}

/** The answer of a provider function; throws for one without an answer here. */
export function invoke(token: string, args: Properties): Properties {
  const answer = ANSWERS[token];
  if (answer === undefined) throw new Error(`no stand-in answer for the provider function "${token}"`);
  return answer(args);
}

/** Id and outputs of a new resource: those of its type, else an ARN made from type and name. */
export function create(type: string, name: string, inputs: Properties): Made {
  const physical = String(inputs.name ?? `${name}-0000001`);
  const made = OUTPUTS[type]?.(physical, inputs) ?? fallback(type, physical);
  return { id: made.id, outputs: { ...inputs, ...made.outputs } };
}

const arn = (service: string, rest: string, { region = REGION, account = ACCOUNT } = {}) =>
  `arn:aws:${service}:${region}:${account}:${rest}`;

const ANSWERS: Readonly<Record<string, (args: Properties) => Properties>> = {
  'aws:index/getCallerIdentity:getCallerIdentity': () => ({
    accountId: ACCOUNT,
    arn: `arn:aws:iam::${ACCOUNT}:user/test`,
    userId: 'AIDATEST',
    id: ACCOUNT,
  }),
  'aws:index/getRegion:getRegion': () => ({ id: REGION, name: REGION, region: REGION, description: REGION }),
  'aws:index/getPartition:getPartition': () => ({ id: 'aws', partition: 'aws', dnsSuffix: 'amazonaws.com' }),
  'aws:index/getAvailabilityZones:getAvailabilityZones': ({ filters }) => ({
    id: REGION,
    names: [
      // A local zone, which only a filter leaves out.
      ...(JSON.stringify(filters ?? []).includes('"zone-type"') ? [] : [`${REGION}-lon-1a`]),
      ...['a', 'b', 'c'].map((zone) => REGION + zone),
    ],
  }),
  'aws:iam/getPolicyDocument:getPolicyDocument': policyDocument,
  'aws:ssm/getParametersByPath:getParametersByPath': ({ path }) => ({
    path,
    ...parametersBelow(String(path)),
  }),
  'aws:ecr/getAuthorizationToken:getAuthorizationToken': () => ({
    id: REGION,
    proxyEndpoint: `https://${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`,
    userName: 'AWS',
    password: 'x',
    authorizationToken: 'x',
    expiresAt: '2030-01-01T00:00:00Z',
  }),
};

/** The parameters that a test puts into `PARAMETERS` as JSON. */
function parametersBelow(path: string): Properties {
  const all = Object.entries<string>(JSON.parse(process.env.PARAMETERS ?? '{}'));
  const found = all.filter(([name]) => name.startsWith(`${path}/`));
  const names = found.map(([name]) => name);
  return { id: path, names, values: found.map(([, value]) => value), types: names, arns: names };
}

interface Statement {
  readonly sid?: string;
  readonly effect?: string;
  readonly actions?: readonly string[];
  readonly resources?: readonly string[];
  readonly principals?: readonly { readonly type: string; readonly identifiers: readonly string[] }[];
  readonly conditions?: readonly {
    readonly test: string;
    readonly variable: string;
    readonly values: readonly string[];
  }[];
}

function policyDocument(args: Properties): Properties {
  const given = args.statements as readonly Statement[] | undefined;
  const statements = given?.map((statement) => ({ effect: 'Allow', ...statement }));
  const json = JSON.stringify({ Version: '2012-10-17', Statement: (statements ?? []).map(statementJson) });
  return { id: 'policy', json, minifiedJson: json, statements, version: '2012-10-17' };
}

function statementJson({ sid, effect, actions, resources, principals, conditions = [] }: Statement) {
  const one = (list: readonly string[]) => (list.length === 1 ? list[0] : list);
  const condition: Record<string, Record<string, unknown>> = {};
  for (const { test, variable, values } of conditions)
    condition[test] = { ...condition[test], [variable]: values };
  const principal = principals?.some(({ type }) => type === '*')
    ? '*'
    : Object.fromEntries((principals ?? []).map(({ type, identifiers }) => [type, one(identifiers)]));
  return {
    ...(sid ? { Sid: sid } : {}),
    Effect: effect,
    ...(actions ? { Action: one(actions) } : {}),
    ...(resources ? { Resource: one(resources) } : {}),
    ...(principals ? { Principal: principal } : {}),
    ...(conditions.length > 0 ? { Condition: condition } : {}),
  };
}

/** By type: the outputs that the program needs in a special form. */
const OUTPUTS: Readonly<Record<string, (physical: string, inputs: Properties) => Made>> = {
  'aws:lambda/function:Function': (physical) => {
    const own = arn('lambda', `function:${physical}`);
    const invokeArn = arn('apigateway', `lambda:path/2015-03-31/functions/${own}/invocations`, {
      account: 'lambda',
    });
    return {
      id: physical,
      outputs: { name: physical, arn: own, invokeArn, version: '1', qualifiedArn: `${own}:1` },
    };
  },
  'aws:iam/role:Role': (physical) => ({
    id: physical,
    outputs: { name: physical, arn: `arn:aws:iam::${ACCOUNT}:role/${physical}` },
  }),
  'aws:iam/policy:Policy': (physical) => {
    const own = `arn:aws:iam::${ACCOUNT}:policy/${physical}`;
    return { id: own, outputs: { name: physical, arn: own } };
  },
  'aws:s3/bucket:Bucket': (physical, inputs) => {
    const bucket = String(inputs.bucket ?? physical).toLowerCase();
    const bucketRegionalDomainName = `${bucket}.s3.${REGION}.amazonaws.com`;
    return {
      id: bucket,
      outputs: { bucket, arn: `arn:aws:s3:::${bucket}`, bucketRegionalDomainName, region: REGION },
    };
  },
  'aws:s3/bucketObjectv2:BucketObjectv2': (_, inputs) => ({
    id: String(inputs.key),
    outputs: { versionId: 'v1', etag: '0', arn: `arn:aws:s3:::${inputs.bucket}/${inputs.key}` },
  }),
  'aws:sqs/queue:Queue': (physical) => {
    const url = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${physical}`;
    return { id: url, outputs: { name: physical, url, arn: arn('sqs', physical) } };
  },
  'aws:sns/topic:Topic': (physical) => {
    const own = arn('sns', physical);
    return { id: own, outputs: { name: physical, arn: own } };
  },
  'aws:dynamodb/table:Table': (physical) => ({
    id: physical,
    outputs: { name: physical, arn: arn('dynamodb', `table/${physical}`), streamArn: '' },
  }),
  'aws:cloudwatch/logGroup:LogGroup': (physical) => ({
    id: physical,
    outputs: { name: physical, arn: arn('logs', `log-group:${physical}`) },
  }),
  'aws:apigatewayv2/api:Api': (physical) => {
    const id = 'api0000001';
    const apiEndpoint = `https://${id}.execute-api.${REGION}.amazonaws.com`;
    return { id, outputs: { name: physical, apiEndpoint, executionArn: arn('execute-api', id) } };
  },
  'aws:ecs/taskDefinition:TaskDefinition': (_, inputs) => {
    const own = arn('ecs', `task-definition/${inputs.family}:1`);
    return {
      id: String(inputs.family),
      outputs: { arn: own, arnWithoutRevision: own.slice(0, -2), revision: 1 },
    };
  },
  'aws:ecs/cluster:Cluster': (physical) => {
    const own = arn('ecs', `cluster/${physical}`);
    return { id: own, outputs: { name: physical, arn: own } };
  },
  'aws:ecs/service:Service': (physical) => {
    const own = arn('ecs', `service/cluster/${physical}`);
    return { id: own, outputs: { name: physical, arn: own } };
  },
  'docker-build:index:Image': (_, inputs) => {
    const digest = `sha256:${'0'.repeat(64)}`;
    return { id: digest, outputs: { digest, ref: `${(inputs.tags as readonly string[])[0]}@${digest}` } };
  },
  'random:index/randomBytes:RandomBytes': (physical, inputs) => {
    const bytes = Buffer.alloc(Number(inputs.length), 7);
    return { id: physical, outputs: { base64: bytes.toString('base64'), hex: bytes.toString('hex') } };
  },
};

function fallback(type: string, physical: string): Made {
  if (!type.startsWith('aws:')) return { id: physical, outputs: {} };
  const service = type.split(':')[1]!.split('/')[0]!;
  const kind = type.split(':').at(-1)!;
  return {
    id: physical,
    outputs: { arn: arn(service, `${kind.toLowerCase()}/${physical}`), name: physical },
  };
}
