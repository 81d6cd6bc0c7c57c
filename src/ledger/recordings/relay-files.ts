import type { Call } from '../work/call.ts';
import { type RelayDependencies, relayWork } from '../work/relay.ts';
import type { Files } from './files.ts';
import type { DueFiles } from './outbox.ts';

/** How the queue is told of an owner's files. */
export const FILES_CALL: Call<DueFiles, 'remove-files'> = {
  what: 'recording files',
  job: 'remove-files',
  keyOf: ({ reference }) => `files-${reference}`,
  payloadOf: ({ account, reference }) => ({ account, reference }),
  factsOf: ({ account, reference }) => ({ account, reference }),
};

/** Gives the files of every owner that are due a job, unless they have one. @returns how many jobs were added */
export function relayFiles(deps: RelayDependencies & { readonly files: Files }): Promise<number> {
  return relayWork(deps, FILES_CALL, deps.files.due, deps.now());
}
