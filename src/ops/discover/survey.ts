import type mongoose from 'mongoose';
import type { CountryCode } from '../../phone/countries.ts';
import { isLethes, isStored, listCollections } from '../collections/list.ts';
import type { OnProgress } from '../collections/progress.ts';
import { estimateSize } from '../collections/read.ts';
import { sampleDocuments } from '../collections/sample.ts';
import { createSpotter } from '../numbers/spot.ts';
import { type CollectionProfile, createProfiler } from './profile.ts';

/** What a sample of one collection shows. */
export interface Surveyed extends CollectionProfile {
  readonly collection: string;
  /** About how many documents there are. */
  readonly total: number;
}

/**
 * Samples every collection of a database but Lethe's own.
 * @param options.sample documents a collection
 */
export async function surveyDatabase(
  db: mongoose.mongo.Db,
  options: { readonly countries: readonly CountryCode[]; readonly sample: number; readonly onProgress?: OnProgress },
): Promise<Surveyed[]> {
  const spotter = createSpotter(options.countries);
  const surveyed: Surveyed[] = [];
  for (const info of await listCollections(db)) {
    if (!isStored(info) || isLethes(info.name)) continue;
    const collection = db.collection(info.name);
    const total = await estimateSize(collection);
    const profiler = createProfiler(spotter);
    let read = 0;
    for await (const document of sampleDocuments(collection, { size: options.sample })) {
      profiler.record(document);
      read += 1;
      options.onProgress?.({ place: info.name, read, total: Math.min(total, options.sample) });
    }
    surveyed.push({ ...profiler.profile(), collection: info.name, total });
  }
  return surveyed;
}
