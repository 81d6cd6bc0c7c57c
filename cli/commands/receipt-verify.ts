import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { ReceiptFault, verifyReceipt } from '../../src/ledger/receipts/verify.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../faults.ts';

/** Nobody waits longer for a file of a few hundred bytes. */
const PATIENCE_MS = 10_000;

/** `lethe receipt verify`: needs a receipt and public keys; no database, no configuration. */
export function receiptVerify(context: CommandContext): Command {
  return new Command('verify')
    .description('Check a receipt with public keys alone: no database is needed')
    .argument('<file>', 'the receipt')
    .requiredOption('--jwks <file or URL>', 'the public keys, as /.well-known/jwks.json gives them')
    .action(async (file: string, { jwks }: { jwks: string }) => {
      const text = await readFile(file, 'utf8').catch(() => {
        throw new CommandFailure('the receipt cannot be read');
      });
      const keys = await readKeys(jwks);
      try {
        const { claims, keyId, hash } = await verifyReceipt(text, keys);
        context.print(JSON.stringify(claims, null, 2));
        context.note(`The receipt is genuine: signed with key ${keyId}, SHA-256 ${hash}.`);
      } catch (error) {
        if (error instanceof ReceiptFault) throw new CommandFailure(`the receipt is not genuine: ${error.message}`);
        throw error;
      }
    });
}

async function readKeys(source: string): Promise<unknown> {
  try {
    if (!/^https?:\/\//i.test(source)) return JSON.parse(await readFile(source, 'utf8'));
    const answer = await fetch(source, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(String(answer.status));
    return await answer.json();
  } catch {
    throw new CommandFailure('the public keys cannot be read');
  }
}
