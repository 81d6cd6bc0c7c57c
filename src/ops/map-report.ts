import type mongoose from 'mongoose';
import type { Config } from '../base/config.ts';
import type { DataMap } from '../engine/map/schema.ts';
import type { CountriesOf } from '../ledger/accounts/countries.ts';
import { shareReading } from '../lib/share.ts';
import { redactDigitRuns } from '../phone/scan.ts';
import { checkDataMap } from './check-map/check.ts';
import type { Finding } from './check-map/findings.ts';
import { findUnnamed, type Unnamed } from './discover/compare.ts';
import { surveyDatabase } from './discover/survey.ts';

/** How the data map fits the database, by a sample: what `lethe check-map` and `lethe discover` say. No value of a record is in it. */
export interface MapReport {
  readonly made_at: Date;
  readonly findings: readonly Pick<Finding, 'severity' | 'where' | 'message' | 'remedy' | 'ids'>[];
  /** Collections and fields that look like personal data, and that the map does not name. */
  readonly unnamed: readonly Unnamed[];
  readonly collections: number;
  /** Paths where a number may stand. */
  readonly places: number;
  /** Records looked at. */
  readonly sampled: number;
}

interface Sources {
  /** That of Lethe's own collections. */
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly countriesOf: CountriesOf;
  readonly config: Pick<Config, 'MONGODB_DATABASE'>;
}

/** Records a collection: enough for what is common, and seconds at most. The command line reads all, when it is told to. */
const SAMPLE = 500;
/** Looked at again within this time, the same is told: it costs the database a sample of every collection. */
const FRESH_MS = 10_000;

/** @returns makes the report; those who ask side by side share one */
export function createMapReporter({ db, dataMap, countriesOf, config }: Sources): (now: Date) => Promise<MapReport> {
  const platform = db.client.db(config.MONGODB_DATABASE);
  return shareReading(async (now) => {
    const countries = countriesOf({});
    const report = await checkDataMap(db, dataMap, { countries, platform, sampleSize: SAMPLE });
    const surveyed = await surveyDatabase(platform, { countries, sample: SAMPLE });
    return {
      made_at: now,
      findings: report.findings.map(({ index: _index, ...finding }) => finding),
      unnamed: findUnnamed(surveyed, dataMap).map(({ where, what }) => ({
        where: redactDigitRuns(where),
        what: redactDigitRuns(what),
      })),
      ...{ collections: report.collections, places: report.places, sampled: report.sampled },
    };
  }, FRESH_MS);
}
