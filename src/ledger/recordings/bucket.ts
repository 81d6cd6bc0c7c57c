import { type BucketOptions, openBucket } from '../../base/s3.ts';
import { checkNames, FileRefused, type RecordingStorage, readUrl } from './storage.ts';

/** The storage answered, and not with success. `code` is its own word, such as AccessDenied. */
export class StorageRefusal extends Error {
  override readonly name = 'StorageRefusal';
  readonly code: string;

  constructor(code: string) {
    super('the storage did not remove the file');
    this.code = code;
  }
}

/**
 * Recordings in an S3-compatible bucket (DeleteObject). A plain name is the key; so is the path of a URL, behind the bucket
 * where the URL names it.
 */
export function bucketStorage(options: BucketOptions): RecordingStorage {
  const { bucket } = options;
  const { endpoint, send } = openBucket(options);

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
      const { ok, status, code } = await send('DELETE', keyOf(reference), { signal });
      // Any other 404 is no answer about the file: a bucket or an endpoint that is not there.
      if (ok || (status === 404 && code === 'NoSuchKey')) return;
      throw new StorageRefusal(code ?? `HTTP ${status}`);
    },
  };
}
