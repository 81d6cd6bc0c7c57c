import type { Producer } from '../../base/queue/producer.ts';
import type { FileAct, Files } from './files.ts';

const AT_ONCE = 500;

/** The id of an act's job: of two, the second is ignored while the first is still to be worked on. */
export function filesJobId({ act }: FileAct): string {
  return `files-${act}`;
}

/**
 * The outbox in MongoDB is the truth: gives every act with files that are due a job, unless it has one. Any number of
 * processes may do it, and jobs that were lost with Redis are made again.
 * @returns how many jobs were added
 */
export async function relayFiles(files: Files, producer: Pick<Producer, 'add' | 'isAlive'>): Promise<number> {
  let added = 0;
  for (const act of await files.dueActs(AT_ONCE)) {
    const id = filesJobId(act);
    if (await producer.isAlive(id)) continue;
    await producer.add('remove-files', act, { id });
    added += 1;
  }
  return added;
}
