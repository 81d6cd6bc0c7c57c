import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { startServices } from '../../local/services.ts';
import { measureAccept } from './accept.ts';
import { measureFairness } from './fairness.ts';
import { measureGrowth } from './growth.ts';
import { describeMachine, type Machine } from './machine.ts';
import { type Bench, type Figure, isMet, type Measurement } from './measurement.ts';
import { measureMemory } from './memory.ts';
import { measureScaling } from './scaling.ts';
import { measureScan } from './scan.ts';
import { measureSweep } from './sweep.ts';
import { measureThroughput } from './throughput.ts';
import { openWorld, type World } from './world.ts';

const MEASUREMENTS: Readonly<Record<string, Measurement>> = {
  sweep: measureSweep,
  memory: measureMemory,
  scaling: measureScaling,
  scan: measureScan,
  throughput: measureThroughput,
  accept: measureAccept,
  fairness: measureFairness,
  growth: measureGrowth,
};
const RESULTS = 'bench-results.json';
const QUICK = 0.1;

/**
 * `npm run bench [-- NAME…] [--quick]`: takes the measurements, prints them as a table and writes `bench-results.json`.
 * The engines are started here unless MONGODB_URI and REDIS_URL name some. `LETHE_BENCH_SCALE` multiplies the counts of
 * records and requests; below 1 the figures are a try-out and no target counts as missed.
 * @returns the exit code: 1 when a target was missed at full scale
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true });
  const scale = values.quick ? QUICK : Number(process.env.LETHE_BENCH_SCALE ?? 1);
  if (!(scale > 0)) throw new Error('LETHE_BENCH_SCALE must be a number above 0');
  const names = positionals.length > 0 ? positionals : Object.keys(MEASUREMENTS);
  const unknown = names.find((name) => !(name in MEASUREMENTS));
  if (unknown) throw new Error(`no measurement ${unknown}; there are: ${Object.keys(MEASUREMENTS).join(', ')}`);

  const folder = await mkdtemp(join(tmpdir(), 'lethe-bench-'));
  const services = await startServices({ dataDir: folder, durable: false, print: (line) => console.error(line) });
  const figures: Figure[] = [];
  try {
    const open = (name: string): Promise<World> => openWorld(services, name);
    const bench: Bench = {
      open,
      scaled: (count, least) => Math.max(Math.min(count, least), Math.round(count * scale)),
      rounds: scale < 1 ? 3 : 5,
      note: (line) => console.error(line),
    };
    const machine = await describe(open, services);
    for (const name of names) figures.push(...((await MEASUREMENTS[name]?.(bench)) ?? []));
    print(machine, scale, figures);
    await writeFile(RESULTS, `${JSON.stringify({ taken_at: new Date(), scale, machine, figures }, null, 2)}\n`);
  } finally {
    await services.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return scale >= 1 && !figures.every(isMet) ? 1 : 0;
}

async function describe(
  open: (name: string) => Promise<World>,
  services: Awaited<ReturnType<typeof startServices>>,
): Promise<Machine> {
  const world = await open('machine');
  const redis = new Redis(services.redisUrl);
  try {
    const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown';
    return await describeMachine(
      world,
      version,
      services.started.map((service) => service.detail),
    );
  } finally {
    redis.disconnect();
    await world.close();
  }
}

function print(machine: Machine, scale: number, figures: readonly Figure[]): void {
  for (const [name, value] of Object.entries(machine)) console.log(`${name}: ${value}`);
  if (scale < 1) console.log(`scale: ${scale}, a try-out: targets are for 1`);
  const round = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
  const rows = figures.map((figure) => {
    const { target } = figure;
    const wanted = 'least' in target ? `>= ${target.least}` : `<= ${target.most}`;
    return [
      figure.name,
      `${round(figure.product)} ${figure.unit}`,
      `${round(figure.reference)} (${figure.against})`,
      round(figure.value),
      wanted,
      isMet(figure) ? 'met' : 'MISSED',
    ];
  });
  const table = [['measurement', 'Lethe', 'against', 'figure', 'target', ''], ...rows];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

// An exit kills the children; the engines end by themselves when this process is gone.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().then(
  // Ended outright: what a failed measurement left open must not keep the process alive.
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
