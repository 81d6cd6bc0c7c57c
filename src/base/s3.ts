import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { ConfigError } from './config.ts';

export interface BucketOptions {
  /** `https://s3.eu-west-2.amazonaws.com`, or that of any S3-compatible storage. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** What a storage answered. */
interface BucketAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
  /** Its own word for what is wrong, such as AccessDenied. */
  readonly code: string | undefined;
}

/** A bucket of an S3-compatible storage: requests signed with Signature Version 4. */
export interface Bucket {
  readonly endpoint: URL;
  /**
   * @param names the object's key, part by part; none for the bucket itself
   * @throws what `fetch` throws; an answer that is no success is none of it
   */
  send(
    method: 'GET' | 'PUT' | 'DELETE',
    names: readonly string[],
    more?: {
      readonly query?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<BucketAnswer>;
}

export function openBucket({ bucket, region, accessKey, secretKey, ...options }: BucketOptions): Bucket {
  const endpoint = new URL(options.endpoint);
  const root = `${endpoint.origin}${endpoint.pathname.replace(/\/$/, '')}/${encodeURIComponent(bucket)}/`;
  const client = new AwsClient({ accessKeyId: accessKey, secretAccessKey: secretKey, region, service: 's3' });
  return {
    endpoint,
    async send(method, names, { query = {}, body, signal } = {}) {
      const parameters = new URLSearchParams(query).toString();
      const url = root + names.map(encodeURIComponent).join('/') + (parameters === '' ? '' : `?${parameters}`);
      // Storages that are reached without TLS want the payload signed.
      const payload = createHash('sha256')
        .update(body ?? '')
        .digest('hex');
      const headers = { 'X-Amz-Content-Sha256': payload };
      const request = await client.sign(url, { method, headers, ...(body !== undefined && { body }) });
      const response = await fetch(request, {
        // A redirect names another region or host: following it would tell success of who knows what.
        redirect: 'manual',
        ...(signal && { signal }),
      });
      const text = await response.text();
      const code = response.ok ? undefined : /<Code>([A-Za-z]{1,60})<\/Code>/.exec(text)?.[1];
      return { ok: response.ok, status: response.status, text, code };
    },
  };
}

/**
 * A bucket by its variables.
 * @param prefix of the variables' names, as `RECORDINGS_S3_`
 * @returns null when none is set
 * @throws ConfigError naming those that are missing, when some are set
 */
export function readBucketSettings(
  prefix: string,
  settings: { readonly [Name in keyof BucketOptions]: string | undefined } & { readonly region: string },
): BucketOptions | null {
  const { endpoint, bucket, region, accessKey, secretKey } = settings;
  const needed = { ENDPOINT: endpoint, BUCKET: bucket, ACCESS_KEY: accessKey, SECRET_KEY: secretKey };
  const missing = Object.entries(needed).flatMap(([name, value]) => (value === undefined ? [prefix + name] : []));
  if (missing.length === Object.keys(needed).length) return null;
  if (missing.length > 0) throw new ConfigError(missing.map((name) => `${name} is missing`).join('\n'));
  return {
    endpoint: endpoint ?? '',
    bucket: bucket ?? '',
    region,
    accessKey: accessKey ?? '',
    secretKey: secretKey ?? '',
  };
}
