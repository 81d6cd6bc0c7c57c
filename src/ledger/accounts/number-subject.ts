import type { Tokens } from '../../base/keys/token.ts';
import { inEveryWriting, numberSubject, type Subject } from '../../engine/subject.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Account } from './accounts.ts';
import type { CountriesOf } from './countries.ts';

/** Who a number of an account is, in every writing that its records may hold. */
export function readSubject(
  { tokens, countriesOf }: { readonly tokens: Tokens; readonly countriesOf: CountriesOf },
  account: Account,
  number: PhoneNumber,
  now: Date,
): Subject {
  const token = tokens.current(account._id, number);
  return inEveryWriting(numberSubject(number, account.records_id, token, now, countriesOf(account)));
}
