import http from 'node:http';
import { ACCOUNT, REGION } from './cloud.ts';

/**
 * The record that sst leaves in an account; its version is higher than any step that sst knows, so it creates
 * nothing.
 */
const BOOTSTRAP = {
  version: 1000,
  asset: 'sst-asset-test',
  assetEcrRegistryId: ACCOUNT,
  assetEcrUrl: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/sst-asset`,
  state: 'sst-state-test',
  appsyncHttp: '',
  appsyncRealtime: '',
};

export interface FakeAws {
  readonly url: string;
  /** Calls that it could not answer. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

/**
 * The few AWS calls that the sst program makes itself: parameters in SSM, its state in S3. In memory, on
 * loopback.
 */
export async function startFakeAws(): Promise<FakeAws> {
  const parameters = new Map([['/sst/bootstrap', JSON.stringify(BOOTSTRAP)]]);
  const objects = new Map<string, Buffer>();
  const refused: string[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const target = request.headers['x-amz-target'];
    const answer =
      typeof target === 'string'
        ? answerParameters(target, JSON.parse(body.toString()), parameters)
        : answerObjects(request, body, objects);
    if (answer === null) refused.push(String(target ?? `${request.method} ${request.url}`));
    response.writeHead(answer?.status ?? 501, answer?.headers).end(answer?.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    refused,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
  readonly headers: http.OutgoingHttpHeaders;
}

interface ParameterCall {
  readonly Name: string;
  readonly Value: string;
}

function answerParameters(
  target: string,
  { Name, Value }: ParameterCall,
  parameters: Map<string, string>,
): Answer | null {
  const json = (status: number, data: unknown): Answer => ({
    status,
    body: JSON.stringify(data),
    headers: { 'content-type': 'application/x-amz-json-1.1' },
  });
  if (target === 'AmazonSSM.GetParameter') {
    const found = parameters.get(Name);
    if (found === undefined) return json(400, { __type: 'ParameterNotFound', message: Name });
    return json(200, { Parameter: { Name, Type: 'String', Value: found, Version: 1 } });
  }
  if (target !== 'AmazonSSM.PutParameter') return null;
  parameters.set(Name, Value);
  return json(200, { Version: 1 });
}

function answerObjects(
  request: http.IncomingMessage,
  body: Buffer,
  objects: Map<string, Buffer>,
): Answer | null {
  const url = new URL(request.url ?? '/', 'http://loopback');
  const key = decodeURIComponent(url.pathname);
  if (key.replace(/\/$/, '') === `/${BOOTSTRAP.state}`) return answerBucket(url, body, objects);
  if (!key.startsWith(`/${BOOTSTRAP.state}/`)) return null;
  if (request.method === 'PUT') {
    const chunked = String(request.headers['content-encoding'] ?? '').includes('aws-chunked');
    objects.set(key, chunked ? withoutFraming(body) : body);
    return { status: 200, body: '', headers: { etag: '"0"' } };
  }
  if (request.method === 'DELETE') {
    objects.delete(key);
    return { status: 204, body: '', headers: {} };
  }
  const found = objects.get(key);
  if (found === undefined) {
    const missing = '<Error><Code>NoSuchKey</Code><Message>none</Message></Error>';
    return { status: 404, body: missing, headers: { 'content-type': 'application/xml' } };
  }
  return {
    status: 200,
    body: request.method === 'HEAD' ? '' : found,
    headers: { 'content-type': 'application/json' },
  };
}

/** Lists the objects below a prefix, or deletes those that the body names; after a removal sst does both. */
function answerBucket(url: URL, body: Buffer, objects: Map<string, Buffer>): Answer | null {
  const xml = (text: string): Answer => ({
    status: 200,
    body: text,
    headers: { 'content-type': 'application/xml' },
  });
  const root = `/${BOOTSTRAP.state}/`;
  if (url.searchParams.has('delete')) {
    for (const [, key] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)) objects.delete(root + key);
    return xml('<DeleteResult/>');
  }
  if (url.searchParams.get('list-type') !== '2') return null;
  const prefix = root + (url.searchParams.get('prefix') ?? '');
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix));
  const contents = keys.map((key) => `<Contents><Key>${key.slice(root.length)}</Key></Contents>`);
  return xml(`<ListBucketResult>${contents.join('')}<IsTruncated>false</IsTruncated></ListBucketResult>`);
}

/**
 * The content of an "aws-chunked" upload: the Go SDK frames its bodies when it sends a checksum over plain
 * HTTP.
 */
function withoutFraming(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  while (at < body.length) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.subarray(at, lineEnd).toString('latin1'), 16);
    if (!size) break;
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(parts);
}
