import type mongoose from 'mongoose';
import type { ErasureRequest } from '../requests/ledger.ts';

export const RECEIPTS = 'lethe_receipts';
export const RECEIPT_HEADS = 'lethe_receipt_heads';

/** The header's `typ` of a receipt: no other signed text can be taken for one. */
export const RECEIPT_TYPE = 'lethe-receipt';

/** Which looks an erasure rests on. `off`: it would have been made, and was not; `none`: the contract has no such look. */
export interface Looks {
  /** Every mapped place, in every writing, by index: nothing was left. None where only late records are meant. */
  readonly indexed: 'made' | 'none';
  /** A whole turn over the account's records. */
  readonly scan: 'made' | 'off' | 'none';
  /** Mapped collections that no scan reads, as the map says. */
  readonly not_scanned: readonly string[];
  /** Files of recordings whose reference was taken out. */
  readonly files: 'made' | 'off';
  /** Files of reports that held the number. */
  readonly reports: 'made' | 'none';
}

/** What a receipt says. Times are ISO 8601, UTC. No number stands in it: the token is a keyed hash. */
export interface ReceiptClaims {
  readonly version: 1;
  readonly reference: string;
  readonly account: string;
  /** Stands for the number. Who knows the number can have it checked by whoever has the key. */
  readonly token: string;
  readonly accepted: string;
  readonly due: string;
  readonly completed: string;
  /** Records erased, by the names of the data map. */
  readonly erased: Readonly<Record<string, number>>;
  /** Places in other records in which the number was masked. */
  readonly elsewhere: number;
  /** References to recordings that led to no file. */
  readonly files_missing: number;
  readonly looks: Looks & { readonly scanned?: string };
  /** Does the number stay on the suppression list? Absent where the contract has put it on none. */
  readonly suppressed?: boolean;
  /** The request that this one follows: records came back, or came late. Up to what moment its records were concerned. */
  readonly follows?: { readonly reference: string; readonly before: string };
  readonly profile: { readonly name: string; readonly digest: string };
  /** SHA-256 of the data map in its normal form, base64url. */
  readonly data_map: string;
  /** Lethe's own version. */
  readonly lethe: string;
  /** The last entry of the account's audit: its place, and its keyed hash. */
  readonly audit: { readonly entry: number; readonly mac: string };
  /** From 1, without gaps, an account. */
  readonly serial: number;
  /** SHA-256 of the account's receipt before this one, base64url; null for the first. */
  readonly previous: string | null;
}

/** What the ledger does not know of a request that is completed: who bound it says so. */
export interface ReceiptDraft {
  readonly request: Pick<ErasureRequest, '_id' | 'account_id'>;
  readonly token: string;
  readonly looks: Looks;
}

/** A receipt in the ledger. */
export interface ReceiptRow {
  readonly _id: mongoose.mongo.ObjectId;
  readonly account_id: string;
  readonly reference: string;
  readonly seq: number;
  /** `keyId.hash`: by which key it is signed, and the SHA-256 of the whole JWS. */
  readonly mark: string;
  readonly token: string;
  readonly jws: string;
  readonly created_at: Date;
}

/** The last receipt of an account. */
export interface ReceiptHead {
  /** The account. */
  readonly _id: string;
  readonly seq: number;
  readonly hash: string;
}
