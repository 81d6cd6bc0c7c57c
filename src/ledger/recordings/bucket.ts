import { AwsClient } from 'aws4fetch';
import { checkNames, FileRefused, type RecordingStorage, readUrl } from './storage.ts';

export interface BucketOptions {
  /** `https://s3.eu-west-2.amazonaws.com`, or that of any S3-compatible storage. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** The storage answered, and not with success. `code` is its own word, such as AccessDenied. */
export class StorageRefusal extends Error {
  override readonly name = 'StorageRefusal';
  readonly code: string;

  constructor(code: string) {
    super('the storage did not remove the file');
    this.code = code;
  }
}

/** SHA-256 of nothing: storages that are reached without TLS want the payload signed. */
const NO_PAYLOAD = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * Recordings in an S3-compatible bucket (DeleteObject, signed with Signature Version 4). A plain name is the key; so is
 * the path of a URL, behind the bucket where the URL names it.
 */
export function bucketStorage(options: BucketOptions): RecordingStorage {
  const { bucket } = options;
  const endpoint = new URL(options.endpoint);
  const root = `${endpoint.origin}${endpoint.pathname.replace(/\/$/, '')}/${encodeURIComponent(bucket)}/`;
  const client = new AwsClient({
    accessKeyId: options.accessKey,
    secretAccessKey: options.secretKey,
    region: options.region,
    service: 's3',
  });

  const keyOf = (reference: string): readonly string[] => {
    const url = readUrl(reference);
    if (!url) return checkNames(reference.split('/'));
    // A slash of the key may be escaped.
    const names = url.names.flatMap((name) => name.split('/'));
    const isHere = url.scheme === 's3' ? url.host === bucket : /^https?$/.test(url.scheme);
    if (!isHere) throw new FileRefused();
    if (url.scheme === 's3' || url.host !== endpoint.host) return checkNames(names);
    if (names[0] !== bucket) throw new FileRefused();
    return checkNames(names.slice(1));
  };

  return {
    check(reference) {
      keyOf(reference);
    },
    async remove(reference, signal) {
      const url = root + keyOf(reference).map(encodeURIComponent).join('/');
      const request = await client.sign(url, { method: 'DELETE', headers: { 'X-Amz-Content-Sha256': NO_PAYLOAD } });
      const response = await fetch(request, {
        // A redirect names another region or host: following it would tell success of who knows what.
        redirect: 'manual',
        ...(signal && { signal }),
      });
      const text = await response.text();
      if (response.ok) return;
      const code = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(text)?.[1];
      // Any other 404 is no answer about the file: a bucket or an endpoint that is not there.
      if (response.status === 404 && code === 'NoSuchKey') return;
      throw new StorageRefusal(code ?? `HTTP ${response.status}`);
    },
  };
}
