import type mongoose from 'mongoose';
import { Schema } from 'mongoose';
import type { Product } from '../../engine/map/schema.ts';
import type { AccountValue } from '../../engine/subject.ts';
import { isTimeZone } from '../../lib/calendar.ts';
import { randomText } from '../../lib/random-text.ts';
import type { CountryCode } from '../../phone/countries.ts';

export const ACCOUNTS = 'lethe_accounts';

/** When interactions are redacted by themselves: at the end of each day, or so many days after they happened. */
export const AUTOMATIC = ['off', 'daily', 30, 60, 90] as const;
export type Automatic = (typeof AUTOMATIC)[number];

/** What an account has set about the redaction of interactions; what is not there is off. */
interface RedactionSettings {
  /** Only an agency's: its sub-accounts may redact. */
  readonly allow_sub_accounts?: boolean;
  /** Since when they may. */
  readonly allowed_at?: Date;
  readonly manual?: boolean;
  readonly automatic?: Automatic;
  /** Since when `automatic` is what it is. */
  readonly automatic_at?: Date;
}

/** A platform's customer: the owner of records and of keys. */
export interface Account {
  /** `acc_` and 12 letters or digits. */
  readonly _id: string;
  readonly name: string;
  /** What the platform's records hold in their account field. */
  readonly records_id: AccountValue;
  /** IANA name: what "yesterday" means to this account. */
  readonly time_zone: string;
  readonly created_at: Date;
  /** The agency whose sub-account it is; an account without one is an agency itself. */
  readonly agency_id?: string;
  readonly redaction?: RedactionSettings;
  /** Months its records are kept where the data map says nothing; 0: for ever. Without it nothing is deleted by age. */
  readonly retention_months?: number;
  /** The last run of retention that found nothing old. */
  readonly retention_look?: string;
  /** The products whose transactions it may redact; without it, all. */
  readonly products?: readonly Product[];
  /** `off`: its records are not read as a whole, and "removed" rests on look-ups alone. */
  readonly scan?: 'off';
  /** Since when its keys are refused. What it has asked for is finished all the same. */
  readonly disabled_at?: Date;
  /** Whose national writings of numbers its records hold; without it, as configured. */
  readonly countries?: readonly CountryCode[];
}

/** An account whose retention an operator has turned on. */
export type AccountWithRetention = Account & { readonly retention_months: number };

const accountSchema = new Schema<Account>(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true, maxlength: 200 },
    records_id: { type: Schema.Types.Mixed, required: true },
    time_zone: { type: String, required: true },
    created_at: { type: Date, required: true },
    agency_id: { type: String },
    redaction: { type: Schema.Types.Mixed },
    retention_months: { type: Number, min: 0, max: 1200 },
    retention_look: { type: String },
    // [] is no product at all, absent is every product.
    products: { type: [String], default: undefined },
    scan: { type: String, enum: ['off'] },
    disabled_at: { type: Date },
    countries: { type: [String], default: undefined },
  },
  { collection: ACCOUNTS, versionKey: false },
);

export interface Accounts {
  /**
   * @param input.agency the id of the agency whose sub-account it becomes
   * @throws TypeError when the time zone is none, or the agency is unknown or a sub-account itself
   */
  create(input: {
    name: string;
    recordsId?: AccountValue;
    timeZone?: string;
    agency?: string;
    products?: readonly Product[];
    countries?: readonly CountryCode[];
    now: Date;
  }): Promise<Account>;
  find(id: string): Promise<Account | null>;
  /** Those whose records hold this in their account field. */
  findByRecords(recordsId: AccountValue): Promise<Account[]>;
  /**
   * Turns retention on, and sets how long the account's records are kept; or turns it off.
   * @param months calendar months, 0 for ever where the data map has no period; null: off
   * @returns whether there is such an account
   */
  setRetention(id: string, months: number | null): Promise<boolean>;
  /**
   * Sets the products whose transactions the account may redact.
   * @param products null: all there are
   * @returns whether there is such an account
   */
  setProducts(id: string, products: readonly Product[] | null): Promise<boolean>;
  /** Sets whether all of the account's records are read before a number is called removed. @returns as `setProducts` */
  setScan(id: string, scan: 'on' | 'off'): Promise<boolean>;
  /** Changes what people call it. @returns as `setProducts` */
  rename(id: string, name: string): Promise<boolean>;
  /**
   * Has all keys of the account refused from the next request on, or takes that back. Open requests, retention and
   * automatic redaction go on: a customer that leaves is still owed them.
   * @param since null: taken back
   * @returns as `setProducts`
   */
  setDisabled(id: string, since: Date | null): Promise<boolean>;
  /**
   * Sets whose national writings of numbers the account's records hold.
   * @param countries null: as configured
   * @returns as `setProducts`
   */
  setCountries(id: string, countries: readonly CountryCode[] | null): Promise<boolean>;
  list(): Promise<Account[]>;
}

export function createAccounts(connection: mongoose.Connection): Accounts {
  const model = connection.model('Account', accountSchema);
  return {
    async create({ name, recordsId, timeZone = 'Europe/London', agency, products, countries, now }) {
      if (!isTimeZone(timeZone)) throw new TypeError('not a time zone of the IANA database');
      if (agency !== undefined) {
        const parent = await model.findById(agency).lean<Account | null>().exec();
        if (!parent || parent.agency_id !== undefined) throw new TypeError('not an agency');
      }
      const _id = `acc_${randomText(12)}`;
      const account: Account = {
        _id,
        name,
        records_id: recordsId ?? _id,
        time_zone: timeZone,
        created_at: now,
        ...(agency !== undefined && { agency_id: agency }),
        ...(products !== undefined && { products }),
        ...(countries !== undefined && { countries }),
      };
      await model.create(account);
      return account;
    },
    find: (id) => model.findById(id).lean<Account | null>().exec(),
    findByRecords: (records_id) => model.find({ records_id }).lean<Account[]>().exec(),
    async setRetention(id, months) {
      const update = {
        ...(months !== null && { $set: { retention_months: months } }),
        $unset: { retention_look: 1, ...(months === null && { retention_months: 1 }) },
      };
      return (await model.updateOne({ _id: String(id) }, update, { runValidators: true })).matchedCount === 1;
    },
    async setProducts(id, products) {
      const update = products === null ? { $unset: { products: 1 } } : { $set: { products: [...products] } };
      return (await model.updateOne({ _id: String(id) }, update)).matchedCount === 1;
    },
    async setScan(id, scan) {
      const update = scan === 'on' ? { $unset: { scan: 1 } } : { $set: { scan } };
      return (await model.updateOne({ _id: String(id) }, update)).matchedCount === 1;
    },
    async rename(id, name) {
      return (
        (await model.updateOne({ _id: String(id) }, { $set: { name } }, { runValidators: true })).matchedCount === 1
      );
    },
    async setDisabled(id, since) {
      const update = since === null ? { $unset: { disabled_at: 1 } } : { $set: { disabled_at: since } };
      return (await model.updateOne({ _id: String(id) }, update)).matchedCount === 1;
    },
    async setCountries(id, countries) {
      const update = countries === null ? { $unset: { countries: 1 } } : { $set: { countries: [...countries] } };
      return (await model.updateOne({ _id: String(id) }, update)).matchedCount === 1;
    },
    list: () => model.find().sort({ created_at: 1 }).lean<Account[]>().exec(),
  };
}
