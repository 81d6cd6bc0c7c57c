import { type Config, ConfigError } from '../../base/config.ts';
import { bucketStorage } from './bucket.ts';
import { folderStorage } from './folder.ts';
import type { RecordingStorage } from './storage.ts';

type Settings = Pick<Config, Extract<keyof Config, `RECORDINGS_${string}`>>;

/**
 * The storage that the configuration names.
 * @returns null when it names none: references to recordings are cleared, and files are left alone
 * @throws ConfigError when it names two, or half of one
 */
export function openStorage(config: Settings): RecordingStorage | null {
  const needed = {
    RECORDINGS_S3_ENDPOINT: config.RECORDINGS_S3_ENDPOINT,
    RECORDINGS_S3_BUCKET: config.RECORDINGS_S3_BUCKET,
    RECORDINGS_S3_ACCESS_KEY: config.RECORDINGS_S3_ACCESS_KEY,
    RECORDINGS_S3_SECRET_KEY: config.RECORDINGS_S3_SECRET_KEY,
  };
  const missing = Object.entries(needed).flatMap(([name, value]) => (value === undefined ? [name] : []));
  const folder = config.RECORDINGS_DIR;
  if (missing.length === Object.keys(needed).length) return folder === undefined ? null : folderStorage(folder);
  if (folder !== undefined)
    throw new ConfigError('RECORDINGS_DIR: recordings live in a folder or in a bucket, not in both');
  if (missing.length > 0) throw new ConfigError(missing.map((name) => `${name} is missing`).join('\n'));
  return bucketStorage({
    endpoint: config.RECORDINGS_S3_ENDPOINT ?? '',
    bucket: config.RECORDINGS_S3_BUCKET ?? '',
    region: config.RECORDINGS_S3_REGION,
    accessKey: config.RECORDINGS_S3_ACCESS_KEY ?? '',
    secretKey: config.RECORDINGS_S3_SECRET_KEY ?? '',
  });
}
