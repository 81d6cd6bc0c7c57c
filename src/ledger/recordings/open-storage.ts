import { type Config, ConfigError } from '../../base/config.ts';
import { readBucketSettings } from '../../base/s3.ts';
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
  const folder = config.RECORDINGS_DIR;
  const settings = {
    endpoint: config.RECORDINGS_S3_ENDPOINT,
    bucket: config.RECORDINGS_S3_BUCKET,
    region: config.RECORDINGS_S3_REGION,
    accessKey: config.RECORDINGS_S3_ACCESS_KEY,
    secretKey: config.RECORDINGS_S3_SECRET_KEY,
  };
  const { region: _always, ...named } = settings;
  if (folder !== undefined && Object.values(named).some((value) => value !== undefined))
    throw new ConfigError('RECORDINGS_DIR: recordings live in a folder or in a bucket, not in both');
  const bucket = readBucketSettings('RECORDINGS_S3_', settings);
  if (bucket !== null) return bucketStorage(bucket);
  return folder === undefined ? null : folderStorage(folder);
}
