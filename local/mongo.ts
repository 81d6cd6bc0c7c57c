import { chooseFirst } from './choice.ts';
import { fetchEngine } from './documentdb/engine.ts';
import { startDocumentDb } from './documentdb/server.ts';
import type { Service, ServiceOptions } from './service.ts';

/** Something that speaks MongoDB's protocol and can be started. */
interface MongoEngine {
  readonly detail: string;
  start(options: ServiceOptions): Promise<Service>;
}

/** Chooses and starts a server: what `startMongo` promises, with its surroundings passed in. */
export async function startMongoService(
  options: ServiceOptions,
  surroundings: { env: NodeJS.ProcessEnv; openCache: () => Promise<string> },
): Promise<Service> {
  const engine = await chooseFirst<MongoEngine>('MongoDB', [
    {
      name: 'documentdb',
      find: async () => {
        try {
          const found = await fetchEngine(await surroundings.openCache(), options.print);
          return { detail: found.detail, start: (given) => startDocumentDb(found, given) };
        } catch (error) {
          return (error as Error).message;
        }
      },
    },
  ]);
  options.print(`mongodb: ${engine.detail}`);
  return engine.start(options);
}
