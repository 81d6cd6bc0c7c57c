import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { World } from './world.ts';

/** Where figures were taken: without it they mean nothing. */
export interface Machine {
  readonly processors: string;
  readonly memory: string;
  readonly system: string;
  readonly node: string;
  readonly mongodb: string;
  readonly redis: string;
}

const GIGABYTE = 1024 ** 3;

/** @param details what the engines' start-up said they are; without it they are asked */
export async function describeMachine(
  world: World,
  redisVersion: string,
  details: readonly string[],
): Promise<Machine> {
  const info = await world.core.db.admin().buildInfo();
  const told = (what: RegExp) => details.find((detail) => what.test(detail));
  return {
    processors: `${availableParallelism()} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    memory: `${(totalmem() / GIGABYTE).toFixed(1)} GB`,
    system: `${type()} ${release()}`,
    node: process.version,
    mongodb: told(/mongo|documentdb/i) ?? `${info.version} (${info.gitVersion})`,
    redis: told(/redis|valkey/i) ?? redisVersion,
  };
}
