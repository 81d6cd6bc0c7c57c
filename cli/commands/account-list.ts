import { Command } from 'commander';
import mongoose from 'mongoose';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { LETHE } from '../command-line.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { formatTable, formatTime } from '../table.ts';

const { Binary, Long } = mongoose.mongo;

/** `lethe account list` */
export function accountList(context: CommandContext): Command {
  return new Command('list').description('List the accounts, oldest first').action(async () => {
    const accounts = await withDatabase(context, ({ connection }) => createAccounts(connection).list());
    if (accounts.length === 0) {
      context.note(`No accounts yet. Make one with: ${LETHE} account create --name NAME`);
      return;
    }
    const rows = accounts.map((account) => [
      account._id,
      String(account.records_id),
      typeOf(account.records_id),
      account.time_zone,
      formatTime(account.created_at),
      account.name,
    ]);
    for (const line of formatTable(['ID', 'RECORDS ID', 'TYPE', 'TIME ZONE', 'CREATED', 'NAME'], rows))
      context.print(line);
  });
}

function typeOf(value: unknown): string {
  if (value instanceof Long) return 'long';
  if (value instanceof Binary) return 'uuid';
  return typeof value === 'string' ? 'string' : typeof value === 'number' ? 'int' : 'objectid';
}
