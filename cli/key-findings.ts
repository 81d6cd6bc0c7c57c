import { readConfigPart } from '../src/base/config.ts';
import { findMissingKeys } from '../src/base/keys/in-use.ts';
import type { DataMap } from '../src/engine/map/schema.ts';
import { keyPlaces } from '../src/key-places.ts';
import type { Finding } from '../src/ops/check-map/findings.ts';
import type { CommandContext } from './context.ts';
import type { OpenDatabase } from './database.ts';

const VARIABLES = ['LETHE_SEAL_KEYS', 'LETHE_TOKEN_KEYS', 'RECEIPT_KEYS', 'LETHE_LOST_KEYS'] as const;

/** Keys that are in use and not at hand, as errors. Nothing without a ring in the environment: then there is nothing to compare. */
export async function findKeyFaults(context: CommandContext, db: OpenDatabase['db'], map: DataMap): Promise<Finding[]> {
  if (!context.env.LETHE_SEAL_KEYS || !context.env.LETHE_TOKEN_KEYS || !context.env.RECEIPT_KEYS) return [];
  const {
    LETHE_SEAL_KEYS: seal,
    LETHE_TOKEN_KEYS: token,
    RECEIPT_KEYS: receipt,
    LETHE_LOST_KEYS: lost,
  } = readConfigPart(context.env, VARIABLES);
  const missing = await findMissingKeys(db, keyPlaces(map), {
    rings: { seal, token, receipt },
    lost,
  });
  return missing.map((key) => ({
    severity: 'error',
    where: 'keys',
    message: `${key} is in use and not at hand: what it made cannot be found or read, and no process will start. Put it back; if it is gone for good, name its id in LETHE_LOST_KEYS`,
  }));
}
