import type mongoose from 'mongoose';
import type { Tokens } from '../../base/keys/token.ts';
import { AUDIT } from '../../ledger/audit/entry.ts';
import { REQUESTS } from '../../ledger/requests/ledger.ts';
import type { PhoneNumber } from '../../phone/number.ts';

/** Rows of Lethe's own that stand for a number without holding it. */
export interface SealedRows {
  readonly collection: string;
  readonly rows: number;
}

/** Filters stay far below the 16 MiB of a command. */
const MOST_TOKENS = 20_000;

/**
 * Counts the rows that stand under a number's tokens: requests, audit entries and what is left on the suppression list.
 * The number is in none of them. Reads these collections whole: over all accounts no index serves it.
 * @param accounts Lethe's ids of the accounts to ask about
 */
export async function countSealed(
  db: mongoose.mongo.Db,
  suppressionList: string,
  tokens: Tokens,
  accounts: readonly string[],
  number: PhoneNumber,
): Promise<SealedRows[]> {
  const all = accounts.flatMap((account) => tokens.allTokens(account, number));
  const counted: SealedRows[] = [];
  for (const collection of [REQUESTS, AUDIT, suppressionList]) {
    let rows = 0;
    for (let from = 0; from < all.length; from += MOST_TOKENS)
      rows += await db.collection(collection).countDocuments({ token: { $in: all.slice(from, from + MOST_TOKENS) } });
    counted.push({ collection, rows });
  }
  return counted.filter(({ rows }) => rows > 0);
}
