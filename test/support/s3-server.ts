import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from './platform.ts';

/** A storage that speaks as much of S3 as is needed to add, list, read and remove objects, and believes no signature it has not worked out itself. */
export interface S3Server {
  readonly endpoint: string;
  readonly settings: Readonly<Record<string, string>>;
  /** The same for tombstones. */
  readonly tombstones: Readonly<Record<string, string>>;
  /** The keys of the bucket. */
  readonly objects: Set<string>;
  /** What it was asked, as `DELETE /bucket/key`, in order. */
  readonly asked: string[];
  /** From now on it answers this to every request with a good signature; undefined: as it should. */
  answer(instead: { status: number; body?: string; headers?: Record<string, string> } | undefined): void;
  close(): Promise<void>;
}

const BUCKET = 'recordings';
const REGION = 'eu-west-2';
const ACCESS_KEY = 'AKIATESTTESTTEST';
const SECRET_KEY = 'a secret of the test, with / and + in it';

export async function startS3(objects: readonly string[] = []): Promise<S3Server> {
  const held = new Set(objects);
  const contents = new Map<string, string>();
  const asked: string[] = [];
  let instead: { status: number; body?: string; headers?: Record<string, string> } | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      asked.push(`${request.method} ${request.url}`);
      const fault = (status: number, code: string) =>
        response
          .writeHead(status, { 'Content-Type': 'application/xml' })
          .end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
      if (!isSigned(request, body)) return fault(403, 'SignatureDoesNotMatch');
      if (instead) return response.writeHead(instead.status, instead.headers).end(instead.body);
      const [path = '', query = ''] = (request.url ?? '').split('?');
      const [, bucket = '', ...names] = path.split('/').map(decodeURIComponent);
      const key = names.join('/');
      if (bucket !== BUCKET) return fault(404, 'NoSuchBucket');
      if (request.method === 'PUT') {
        held.add(key);
        contents.set(key, body.toString());
        return response.writeHead(200).end();
      }
      if (request.method === 'GET' && key === '') return response.end(listOf(held, new URLSearchParams(query)));
      if (request.method === 'GET' && held.has(key)) return response.end(contents.get(key));
      if (request.method === 'GET') return fault(404, 'NoSuchKey');
      if (request.method !== 'DELETE') return fault(405, 'MethodNotAllowed');
      held.delete(key);
      return response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    settings: {
      RECORDINGS_S3_ENDPOINT: endpoint,
      RECORDINGS_S3_BUCKET: BUCKET,
      RECORDINGS_S3_REGION: REGION,
      RECORDINGS_S3_ACCESS_KEY: ACCESS_KEY,
      RECORDINGS_S3_SECRET_KEY: SECRET_KEY,
    },
    tombstones: {
      TOMBSTONES_S3_ENDPOINT: endpoint,
      TOMBSTONES_S3_BUCKET: BUCKET,
      TOMBSTONES_S3_REGION: REGION,
      TOMBSTONES_S3_ACCESS_KEY: ACCESS_KEY,
      TOMBSTONES_S3_SECRET_KEY: SECRET_KEY,
    },
    objects: held,
    asked,
    answer(next) {
      instead = next;
    },
    close: () => closeServer(server),
  };
}

/** ListObjectsV2, two keys a page: whoever lists must ask for the next one. */
function listOf(held: ReadonlySet<string>, query: URLSearchParams): string {
  const keys = [...held].filter((key) => key.startsWith(query.get('prefix') ?? '')).sort();
  const from = Number(query.get('continuation-token') ?? 0);
  const page = keys.slice(from, from + 2).map((key) => `<Contents><Key>${key}</Key></Contents>`);
  const next = from + 2 < keys.length ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : '';
  return `<?xml version="1.0"?><ListBucketResult>${page.join('')}${next}</ListBucketResult>`;
}

/** Signature Version 4 as its documentation sets it out, step by step: canonical request, string to sign, signing key. */
function isSigned(request: IncomingMessage, body: Buffer): boolean {
  const [, credential = '', signedHeaders = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    ) ?? [];
  const [key, day, region, service, end] = credential.split('/');
  const time = String(request.headers['x-amz-date']);
  const names = signedHeaders.split(';');
  const mustBeSigned = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))];
  if (key !== ACCESS_KEY || region !== REGION || service !== 's3' || end !== 'aws4_request') return false;
  if (!time.startsWith(String(day)) || !mustBeSigned.every((name) => names.includes(name))) return false;
  if (Math.abs(Date.now() - Date.parse(time.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'))) > 900_000) return false;
  if (request.headers['x-amz-content-sha256'] !== createHash('sha256').update(body).digest('hex')) return false;

  const [path = '', query = ''] = (request.url ?? '').split('?');
  const parameters = [...new URLSearchParams(query)]
    .map(([name, value]) => `${escapeAsAws(name)}=${escapeAsAws(value)}`)
    .sort();
  const canonical = [
    request.method,
    path
      .split('/')
      .map((name) => escapeAsAws(decodeURIComponent(name)))
      .join('/'),
    parameters.join('&'),
    ...names.map((name) => `${name}:${String(request.headers[name]).trim()}`),
    '',
    signedHeaders,
    request.headers['x-amz-content-sha256'],
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const hmac = (under: string | Buffer, text: string) => createHmac('sha256', under).update(text).digest();
  const signingKey = [day ?? '', REGION, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${SECRET_KEY}`);
  return hmac(signingKey, toSign).toString('hex') === signature;
}

/** All but A-Z a-z 0-9 - . _ ~ is escaped. */
function escapeAsAws(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
