import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { insertRecords } from '../support/records.ts';
import { startLethe } from './children.ts';
import type { Measurement } from './measurement.ts';
import { dramaNumber } from './world.ts';

const RECORDS = 200_000;
export const MEGABYTE = 1024 * 1024;
/** Looks at the idle process, and the pause between them: garbage of the start-up is given back in this time. */
const IDLE = { looks: 30, everyMs: 200 } as const;

/**
 * How far the memory of a real worker rises above its idle level while it erases very many records. Idle is after the
 * start and a small request, when the code is compiled and the connections are open.
 */
export const measureMemory: Measurement = async (bench) => {
  const world = await bench.open('memory');
  const worker = startLethe('worker', world.env);
  try {
    await worker.line('worker started');
    const { account } = await world.account('off');
    const erase = async (number: ReturnType<typeof dramaNumber>, records: number) => {
      await insertRecords(world.core.db, account.records_id, number, { sent: records });
      const requests = await world.accept(account, [number]);
      const before = await readIdle(worker.pid);
      await forgetPeak(worker.pid);
      const done = worker.line('request completed');
      await world.queue(requests);
      await done;
      const { peak } = await readMemory(worker.pid);
      await world.check(requests, records);
      return { before, peak };
    };
    await erase(dramaNumber(100), 500);
    bench.note('memory: warmed up');
    const { before, peak } = await erase(dramaNumber(101), bench.scaled(RECORDS, 10_000));
    return [
      {
        name: 'memory',
        unit: 'MB',
        product: peak / MEGABYTE,
        against: 'the idle worker',
        reference: before / MEGABYTE,
        value: (peak - before) / MEGABYTE,
        target: { most: 40 },
      },
    ];
  } finally {
    await worker.stop();
    await world.close();
  }
};

/** The lowest of several looks over some seconds, in bytes: the strictest reading of "idle". */
export async function readIdle(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < IDLE.looks; look += 1) {
    least = Math.min(least, (await readMemory(pid)).now);
    await pause(IDLE.everyMs);
  }
  return least;
}

/** Resident memory, now and at its highest, in bytes: VmRSS and VmHWM of proc_pid_status(5). Linux only. */
export async function readMemory(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  return { now: read('VmRSS'), peak: read('VmHWM') };
}

/** Resets VmHWM to the present level (proc_pid_clear_refs(5)): the start of a process is its peak otherwise. */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}
