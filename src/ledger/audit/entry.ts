import { createHmac, hkdfSync } from 'node:crypto';
import type mongoose from 'mongoose';
import { currentKey, type KeyRing } from '../../base/keys/key-ring.ts';

export const AUDIT = 'lethe_audit';
export const AUDIT_HEADS = 'lethe_audit_heads';

/** What is worth an entry: whatever changed, gave out or scheduled something about a person's data. */
export const ACTIONS = [
  'data.erasure',
  'data.redaction',
  'data.deletion',
  'data.late',
  'data.access',
  'data.report',
  'data.retention',
  'request.cancel',
  'ledger.drop',
  'settings.change',
  'suppression.lift',
  'people.change',
  'people.sign_in',
] as const;
export type AuditAction = (typeof ACTIONS)[number];

/** Whose chain holds what belongs to no account: who may sign in, and did. No account has this id. */
export const INSTALLATION = 'installation';

/** What happened, as whoever did it says. Never holds a number: the token stands for it. */
export interface AuditEvent {
  /** An account's id, or `installation`. */
  readonly account: string;
  /** The id of the key or the address of the person that asked, `schedule`, or `cli`. */
  readonly actor: string;
  readonly action: AuditAction;
  /** Why, e.g. the right that was used. */
  readonly reason: string;
  readonly at: Date;
  readonly counts: Readonly<Record<string, number>>;
  readonly reference?: string;
  readonly token?: string;
  /** Two events of one account with the same value are one: a repeated job must not be two entries. */
  readonly once?: string;
}

/** An event in its place in the account's chain. */
export interface AuditEntry extends Omit<AuditEvent, 'account'> {
  readonly _id: mongoose.mongo.ObjectId;
  readonly account_id: string;
  /** From 1, without gaps. */
  readonly seq: number;
  /** The mac of the entry before; empty for the first. */
  readonly previous: string;
  /** `keyId.base64url(HMAC-SHA-256)` over all fields but `_id`: who can write to the database cannot forge it. */
  readonly mac: string;
}

/** Makes and checks the macs of a chain, under a key derived from the token keys for this use alone (RFC 5869). */
export interface AuditSeal {
  mac(entry: Omit<AuditEntry, 'mac' | '_id'>): string;
  /** False, too, for an entry that has another field, or one of another type: the database may hold anything. */
  isGenuine(entry: AuditEntry): boolean;
  /** Is the key that the entry's mac names at hand? */
  hasKeyOf(entry: AuditEntry): boolean;
}

export function createAuditSeal(ring: KeyRing): AuditSeal {
  const derived = new Map(
    [...ring.keys].map(([id, key]) => [id, Buffer.from(hkdfSync('sha256', key, '', 'lethe audit chain', 32))]),
  );
  const macUnder = (id: string, entry: Omit<AuditEntry, 'mac' | '_id'>): string | null => {
    const key = derived.get(id);
    return key ? `${id}.${createHmac('sha256', key).update(canonical(entry)).digest('base64url')}` : null;
  };
  const { id: currentId } = currentKey(ring);
  return {
    mac: (entry) => macUnder(currentId, entry) ?? '',
    isGenuine(entry) {
      try {
        return isWellFormed(entry) && macUnder(keyIdOf(entry), entry) === entry.mac;
      } catch {
        return false;
      }
    },
    hasKeyOf: (entry) => derived.has(keyIdOf(entry)),
  };
}

function keyIdOf({ mac }: AuditEntry): string {
  return String(mac).slice(0, String(mac).lastIndexOf('.'));
}

const isText = (value: unknown) => typeof value === 'string';
const isTextOrAbsent = (value: unknown) => value === undefined || isText(value);

/** Every field under the mac, with its type. One that is missing here does not compile. */
const FIELDS: Readonly<Record<keyof Omit<AuditEntry, 'mac' | '_id'>, (value: unknown) => boolean>> = {
  account_id: isText,
  seq: (value) => typeof value === 'number',
  at: (value) => value instanceof Date,
  actor: isText,
  action: isText,
  reason: isText,
  reference: isTextOrAbsent,
  token: isTextOrAbsent,
  once: isTextOrAbsent,
  counts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((count) => typeof count === 'number'),
  previous: isText,
};

function isWellFormed(entry: AuditEntry): boolean {
  const fields = Object.entries(FIELDS) as [keyof typeof FIELDS, (value: unknown) => boolean][];
  const names = Object.keys(entry).filter((name) => name !== '_id' && name !== 'mac');
  return names.every((name) => Object.hasOwn(FIELDS, name)) && fields.every(([name, is]) => is(entry[name]));
}

/** One text for one entry, whatever order a database gives its fields back in. */
function canonical(entry: Omit<AuditEntry, 'mac' | '_id'>): string {
  const counts = Object.entries(entry.counts).sort(([a], [b]) => (a < b ? -1 : 1));
  const { account_id, seq, at, actor, action, reason, reference, token, once, previous } = entry;
  return JSON.stringify([
    account_id,
    seq,
    at.toISOString(),
    actor,
    action,
    reason,
    reference ?? null,
    token ?? null,
    once ?? null,
    counts,
    previous,
  ]);
}
