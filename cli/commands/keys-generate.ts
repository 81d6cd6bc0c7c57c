import { Command } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import { generateKey } from '../../src/base/keys/key-ring.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../faults.ts';

/** The key rings. */
export const KEY_VARIABLES = ['LETHE_SEAL_KEYS', 'LETHE_TOKEN_KEYS', 'RECEIPT_KEYS'] as const;

const ROTATION = [
  'Two steps, so that at no moment a process meets what it cannot read:',
  '1. Put these lines in place of the ones you have (the new keys stand last: read, not yet written with),',
  '   and restart every API and worker process.',
  '2. Move the new key of each line to the front (lethe keys rotate --promote), and restart every process again: now it is',
  '   written with. Then lethe keys rotate --rewrap seals anew what is open.',
  'Taking old keys out: lethe keys rotate says when. A seal key when nothing is sealed under it;',
  'a token key never, unless you can do without every suppression made under it: they could not be found any more,',
  'and the entries of the audit made under it could not be verified;',
  'a receipt key never, unless you publish its public half elsewhere: receipts signed with it could not be checked.',
];

/** `lethe keys generate`: a line a ring for an env file on standard output. Needs no configuration. */
export function keysGenerate(context: CommandContext): Command {
  return new Command('generate')
    .description('Print new secret keys as lines for an env file')
    .option('--add', 'add new keys to those of the environment, and print how to rotate', false)
    .action(({ add }: { add: boolean }) => (add ? addKeys(context) : printKeys(context)));
}

/** @throws CommandFailure where there are keys: a line more in the same file would hide everything the old ones made */
function printKeys(context: CommandContext): void {
  const absent = KEY_VARIABLES.filter((name) => !context.env[name]?.trim());
  if (absent.length === 0)
    throw new CommandFailure(
      `there are keys already: ${KEY_VARIABLES.join(', ')}. New ones in their place would hide every suppression; to rotate: ` +
        'lethe keys rotate --add',
    );
  context.keepPrivate?.();
  for (const name of absent) context.print(`${name}=${generateKey(context.now())}`);
  context.note(
    'Keep these secret and backed up: without them open requests and suppressions cannot be read, and receipts not be checked.',
  );
}

/** Prints the lines of the environment with new keys at their ends. @throws ConfigError when the environment has no keys, or wrong ones */
export function addKeys(context: CommandContext): void {
  context.keepPrivate?.();
  const rings = readConfigPart(context.env, KEY_VARIABLES);
  for (const name of KEY_VARIABLES) {
    let key = generateKey(context.now());
    while (rings[name].keys.has(idOf(key))) key = generateKey(context.now());
    context.print(`${name}=${context.env[name]?.trim()},${key}`);
  }
  for (const line of ROTATION) context.note(line);
}

function idOf(key: string): string {
  return key.slice(0, key.indexOf(':'));
}
