import { describe, expect, it } from '@jest/globals';
import type { Job } from 'bullmq';
import { JOB_NAMES, type JobName } from '../../../src/base/queue/catalogue.ts';
import type { JobDependencies } from '../../../workers/jobs/dependencies.ts';
import { createRegistry } from '../../../workers/jobs/registry.ts';
import { createWay } from '../../../workers/way.ts';

const account = 'acc_AAAAAAAAAAAA';
const reference = 'AAAAAAAAAAAAAAA';
const signal = new AbortController().signal;

/** What each job works with, and what it carries. */
const JOBS: Record<JobName, { readonly uses: keyof JobDependencies; readonly payload: object }> = {
  erase: { uses: 'erase', payload: { account, reference } },
  'remove-files': { uses: 'files', payload: { account, reference } },
  report: { uses: 'report', payload: { account, report: '0b0f6a0e-8f5b-4c57-9d4a-0d5a5c1a9f10' } },
  scan: { uses: 'scan', payload: { account } },
  deliver: { uses: 'webhooks', payload: { account, delivery: 'a'.repeat(24) } },
  'redact-due': { uses: 'automatic', payload: { account } },
  'remove-report-files': { uses: 'reportFiles', payload: {} },
  guard: { uses: 'guard', payload: {} },
  'drop-finished': { uses: 'dropFinished', payload: {} },
  retention: { uses: 'retention', payload: {} },
};

/** Dependencies that end the work on them, and say whose they are. */
function watched(): { deps: JobDependencies; used: string[] } {
  const used: string[] = [];
  const deps = new Proxy({ way: createWay(0) } as JobDependencies, {
    get(target, name) {
      if (name === 'way') return target.way;
      used.push(String(name));
      throw new Error('seen');
    },
  });
  return { deps, used };
}

const run = async (deps: JobDependencies, name: JobName, data: object) =>
  createRegistry(deps).get(name)?.({ name, data } as Job, 'token', signal);

describe('the registry of jobs', () => {
  it.each(JOB_NAMES)('gives %s to its own processor', async (name) => {
    const { deps, used } = watched();
    await expect(run(deps, name, JOBS[name].payload)).rejects.toThrow('seen');
    expect(used).toEqual([JOBS[name].uses]);
  });

  it.each(JOB_NAMES)('refuses what %s does not carry before anything is done with it', async (name) => {
    const { deps, used } = watched();
    await expect(run(deps, name, { ...JOBS[name].payload, more: 1 })).rejects.toThrow(/more/);
    if (Object.keys(JOBS[name].payload).length > 0) await expect(run(deps, name, {})).rejects.toThrow(/account/);
    expect(used).toEqual([]);
  });
});
