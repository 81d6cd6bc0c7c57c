import type mongoose from 'mongoose';
import type { AccountValue } from '../../engine/subject.ts';
import { ACCOUNTS, type Account, type AccountWithRetention, AUTOMATIC } from './accounts.ts';

type Db = mongoose.mongo.Db;
type Session = mongoose.mongo.ClientSession;

const accountsOf = (db: Db) => db.collection<Account>(ACCOUNTS);

/** An account as it stands now, as part of a transaction if a session is given; null when there is none of this id. */
export function readAccount(db: Db, id: string, session?: Session): Promise<Account | null> {
  return accountsOf(db).findOne({ _id: id }, { ...(session && { session }) });
}

/** The accounts of these ids, in no order; ids nobody has are left out. */
export function readAccounts(db: Db, ids: readonly string[]): Promise<Account[]> {
  return ids.length === 0
    ? Promise.resolve([])
    : accountsOf(db)
        .find({ _id: { $in: [...ids] } })
        .toArray();
}

/** The ids of an agency's sub-accounts. */
export async function readSubAccountIds(db: Db, agency: string): Promise<string[]> {
  const rows = await accountsOf(db)
    .find({ agency_id: String(agency) }, { projection: { _id: 1 } })
    .toArray();
  return rows.map(({ _id }) => _id);
}

/** The id of every account, one after the other, in constant memory. */
export async function* eachAccountId(db: Db): AsyncGenerator<string> {
  for await (const { _id } of accountsOf(db).find({}, { projection: { _id: 1 } })) yield _id;
}

/** Every account whose retention is turned on, one after the other, in constant memory. */
export function eachAccountWithRetention(db: Db): AsyncIterable<AccountWithRetention> {
  return accountsOf(db).find({ retention_months: { $exists: true } }) as unknown as AsyncIterable<AccountWithRetention>;
}

/** Notes that nothing of the account is old, by the run that looked. Setting the months anew takes the note away. */
export async function noteRetentionLook(
  db: Db,
  { _id, retention_months }: AccountWithRetention,
  look: string,
): Promise<void> {
  await accountsOf(db).updateOne({ _id, retention_months }, { $set: { retention_look: look } });
}

/** The accounts that want their interactions redacted by themselves, whether or not their agencies allow it. */
export function readAutomaticAccounts(db: Db): Promise<Account[]> {
  return accountsOf(db)
    .find({ 'redaction.automatic': { $in: AUTOMATIC.filter((setting) => setting !== 'off') } })
    .toArray();
}

/** What the records of accounts hold in their account field, for the first so many accounts. */
export async function readRecordsIds(db: Db, limit: number): Promise<AccountValue[]> {
  const rows = await accountsOf(db)
    .find({}, { projection: { _id: 0, records_id: 1 } })
    .limit(limit)
    .toArray();
  return rows.map((row) => row.records_id);
}

/**
 * Writes settings of one account, as part of a transaction.
 * @param set the changed fields by their paths, such as `redaction.manual`
 */
export async function writeSettings(
  db: Db,
  id: string,
  set: Readonly<Record<string, unknown>>,
  session: Session,
): Promise<void> {
  await accountsOf(db).updateOne({ _id: id }, { $set: set }, { session });
}

/**
 * Writes the account's row, so that of two transactions side by side one is turned back and begins anew: what it counted
 * before it wrote is then what it finds.
 */
export async function takeTurn(db: Db, id: string, session: Session): Promise<void> {
  await accountsOf(db).updateOne({ _id: id }, { $inc: { turns: 1 } } as mongoose.mongo.UpdateFilter<Account>, {
    session,
  });
}
