import { Command } from 'commander';
import { RECEIPTS, type ReceiptRow } from '../../src/ledger/receipts/receipt.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';

/** `lethe receipt show`: the signed receipt as it is given out, for a file. */
export function receiptShow(context: CommandContext): Command {
  return new Command('show')
    .description('Print the signed receipt of a completed request')
    .argument('<reference>', 'of the request')
    .action(async (reference: string) => {
      const row = await withDatabase(context, ({ db }) => db.collection<ReceiptRow>(RECEIPTS).findOne({ reference }));
      if (row === null) throw new CommandFailure('there is no receipt under this reference');
      context.print(row.jws);
    });
}
