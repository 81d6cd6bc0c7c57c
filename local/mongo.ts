import { chooseFirst, type Way } from './choice.ts';
import { fetchEngine } from './documentdb/engine.ts';
import { hasDocumentDbData, startDocumentDb } from './documentdb/server.ts';
import { findInstalledMongod, hasMongodData, type Mongod, startMongod } from './mongod.ts';
import { downloadMongod } from './mongod-download.ts';
import type { Service, ServiceOptions } from './service.ts';

/** Something that speaks MongoDB's protocol and can be started. */
interface MongoEngine {
  readonly detail: string;
  start(options: ServiceOptions): Promise<Service>;
}

/** The environment, and the cache folder, which is opened when it is needed. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  openCache(): Promise<string>;
}

/** The ways to a MongoDB, in the order tried, by the names LETHE_LOCAL_MONGO takes. */
const MONGO_WAYS = ['mongod', 'download', 'documentdb'] as const;

type MongoWay = (typeof MONGO_WAYS)[number];

/**
 * Which ways to try. `LETHE_LOCAL_MONGO` set to one of them allows only that one. Otherwise what wrote the data that is
 * there goes on with it: another engine would start empty, as if the data were lost.
 *
 * @param kept which kinds of data the data folder holds.
 * @throws Error when the variable names no way.
 */
export function pickMongoWays(
  forced: string | undefined,
  kept: { readonly mongod: boolean; readonly documentdb: boolean },
): readonly MongoWay[] {
  if (forced) {
    const way = MONGO_WAYS.find((name) => name === forced);
    if (!way) throw new Error(`LETHE_LOCAL_MONGO is one of ${MONGO_WAYS.join(', ')}`);
    return [way];
  }
  if (kept.documentdb && !kept.mongod) return ['documentdb'];
  if (kept.mongod && !kept.documentdb) return ['mongod', 'download'];
  return MONGO_WAYS;
}

/** Chooses and starts a server: what `startMongo` promises, with its surroundings passed in. */
export async function startMongoService(options: ServiceOptions, surroundings: Surroundings): Promise<Service> {
  const { dataDir, print } = options;
  const kept = { mongod: await hasMongodData(dataDir), documentdb: await hasDocumentDbData(dataDir) };
  const names = pickMongoWays(surroundings.env.LETHE_LOCAL_MONGO, kept);
  const ways = describeWays(surroundings, print);
  const engine = await chooseFirst<MongoEngine>(
    'MongoDB',
    names.map((name) => ({ name, find: ways[name] })),
  );
  print(`mongodb: ${engine.detail}`);
  return engine.start(options);
}

function describeWays(
  { env, openCache }: Surroundings,
  print: (line: string) => void,
): Record<MongoWay, Way<MongoEngine>['find']> {
  const useMongod = (found: Mongod | string, origin: string): MongoEngine | string => {
    if (typeof found === 'string') return found;
    const detail = `mongod ${found.version} (${origin})`;
    return { detail, start: (options) => startMongod(found, detail, options) };
  };
  return {
    mongod: async () => {
      const found = await findInstalledMongod(env);
      return useMongod(found, typeof found === 'string' ? '' : found.program);
    },
    download: async () => useMongod(await downloadMongod(await openCache(), env, print), 'downloaded, private copy'),
    documentdb: async () => {
      try {
        const engine = await fetchEngine(await openCache(), print);
        return { detail: engine.detail, start: (options) => startDocumentDb(engine, options) };
      } catch (error) {
        return (error as Error).message;
      }
    },
  };
}
