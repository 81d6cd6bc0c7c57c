import type mongoose from 'mongoose';

/** The first patch of each series without CVE-2025-10060, by major and minor; later series never had it. */
const FIRST_PATCH: Readonly<Record<string, number>> = { '7.0': 22, '8.0': 12 };
const NEWEST_AFFECTED = 8.0;

/**
 * Is the server one that Lethe may run on? The engine of the local mode says of itself that it is another program, and
 * is not measured by MongoDB's versions.
 * @returns what is wrong, or undefined
 * @throws what the database throws while it is away
 */
export async function findVersionFault(db: mongoose.mongo.Db): Promise<string | undefined> {
  const { version, gitVersion } = await db.admin().command({ buildInfo: 1 });
  if (gitVersion === 'documentdb' || isRecent(String(version))) return undefined;
  return `MongoDB ${version} is too old: 7.0.22, 8.0.12 or later is needed`;
}

function isRecent(version: string): boolean {
  const [, series = '', patch = ''] = /^(\d+\.\d+)\.(\d+)/.exec(version) ?? [];
  const first = FIRST_PATCH[series];
  if (first !== undefined) return Number(patch) >= first;
  return Number(series) > NEWEST_AFFECTED;
}
