import type mongoose from 'mongoose';
import type { Tokens } from '../../base/keys/token.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { createNumbersIn } from '../../engine/scan/numbers-in.ts';
import { numberSubject } from '../../engine/subject.ts';
import type { CountriesOf } from '../accounts/countries.ts';
import type { Suppressions } from '../suppression/suppression.ts';
import type { GuardDependencies } from './guard.ts';
import { createStems } from './scheduled.ts';

interface PartsOptions {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly countriesOf: CountriesOf;
  readonly tokens: Tokens;
  readonly suppressions: Pick<Suppressions, 'hasToken'>;
}

/** What a look for late records needs of the engine. */
export function guardParts({
  db,
  dataMap,
  countriesOf,
  tokens,
  suppressions,
}: PartsOptions): Pick<GuardDependencies, 'numbersIn' | 'stemsFromScheduled' | 'isSuppressed'> {
  return {
    numbersIn: (account) => createNumbersIn(countriesOf(account)),
    stemsFromScheduled: createStems(db, dataMap),
    isSuppressed: (account, number) => {
      const token = tokens.current(account._id, number);
      const subject = numberSubject(number, account.records_id, token, new Date(), countriesOf(account));
      return suppressions.hasToken(subject, tokens.allTokens(account._id, number));
    },
  };
}
