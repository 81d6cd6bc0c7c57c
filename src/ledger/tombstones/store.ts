import { randomBytes } from 'node:crypto';
import { type Config, ConfigError } from '../../base/config.ts';
import { type Bucket, openBucket, readBucketSettings } from '../../base/s3.ts';
import { appendLines, readLinesIfThere } from '../../lib/append-lines.ts';

/** Where tombstones are written down outside of the database: a restored backup takes nothing away there. */
export interface TombstoneStore {
  /** Appends lines; they are kept when it returns. @throws what the storage throws */
  add(lines: readonly string[]): Promise<void>;
  /** Every line there is. @throws what the storage throws */
  read(): AsyncGenerator<string>;
}

/** The storage answered, and not with success. */
class StoreRefusal extends Error {
  override readonly name = 'StoreRefusal';
}

type Settings = Pick<Config, Extract<keyof Config, `TOMBSTONES_${string}`>>;

/**
 * @returns null when the configuration names none
 * @throws ConfigError when it names two, or half of one
 */
export function openTombstoneStore(config: Settings): TombstoneStore | null {
  const bucket = readBucketSettings('TOMBSTONES_S3_', {
    endpoint: config.TOMBSTONES_S3_ENDPOINT,
    bucket: config.TOMBSTONES_S3_BUCKET,
    region: config.TOMBSTONES_S3_REGION,
    accessKey: config.TOMBSTONES_S3_ACCESS_KEY,
    secretKey: config.TOMBSTONES_S3_SECRET_KEY,
  });
  const file = config.TOMBSTONES_FILE;
  if (bucket !== null && file !== undefined)
    throw new ConfigError('TOMBSTONES_FILE: tombstones are kept in a file or in a bucket, not in both');
  if (bucket !== null) return bucketStore(openBucket(bucket));
  return file === undefined ? null : fileStore(file);
}

function fileStore(path: string): TombstoneStore {
  return { add: (lines) => appendLines(path, lines), read: () => readLinesIfThere(path) };
}

const FOLDER = 'lethe-tombstones';
const PATIENCE_MS = 20_000;

/** An object for each writing: storages append to none. */
function bucketStore({ send }: Bucket): TombstoneStore {
  const ask = async (...[method, names, more]: Parameters<typeof send>): Promise<string> => {
    const { ok, status, code, text } = await send(method, names, { ...more, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!ok) throw new StoreRefusal(`the storage of tombstones refused: ${code ?? `HTTP ${status}`}`);
    return text;
  };
  return {
    async add(lines) {
      const name = `${new Date().toISOString().replaceAll(':', '-')}-${randomBytes(6).toString('hex')}.jsonl`;
      await ask('PUT', [FOLDER, name], { body: lines.map((line) => `${line}\n`).join('') });
    },
    async *read() {
      let more: string | undefined;
      do {
        const query = {
          'list-type': '2',
          prefix: `${FOLDER}/`,
          ...(more !== undefined && { 'continuation-token': more }),
        };
        const page = await ask('GET', [], { query });
        for (const [, key = ''] of page.matchAll(/<Key>([^<]+)<\/Key>/g))
          yield* (await ask('GET', key.split('/'))).split('\n');
        more = /<NextContinuationToken>([^<]+)<\/NextContinuationToken>/.exec(page)?.[1];
      } while (more !== undefined);
    },
  };
}
