/** One way to get a server: its name, and how to look for it. */
export interface Way<Engine> {
  readonly name: string;
  /** Resolves with the engine, or with the reason why there is none. */
  find(): Promise<Engine | string>;
}

const WAYS_OUT =
  'Ways out: set MONGODB_URI and REDIS_URL to servers you have; or run `docker compose up`; ' +
  'or install the packages redis-server and mongod (mongodb-org-server).';

/**
 * Takes the first way that gives an engine.
 *
 * @throws Error with every reason and what to do, when none does.
 */
export async function chooseFirst<Engine extends object>(what: string, ways: readonly Way<Engine>[]): Promise<Engine> {
  const reasons: string[] = [];
  for (const way of ways) {
    const found = await way.find();
    if (typeof found !== 'string') return found;
    reasons.push(`  ${way.name}: ${found}`);
  }
  throw new Error(`No ${what} can be had here.\n${reasons.join('\n')}\n${WAYS_OUT}`);
}
