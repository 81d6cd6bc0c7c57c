import type mongoose from 'mongoose';
import { type FoundRecord, findById, writingsOf } from '../../engine/by-id.ts';
import type { FieldCategory } from '../../engine/map/categories.ts';
import { profileFor } from '../../engine/map/profile.ts';
import type { CollectionMap, DataMap, Resource } from '../../engine/map/schema.ts';
import { compileRecordRules, narrowRule, type RecordRule } from '../../engine/record-plan.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import type { EraseNow } from '../../ledger/at-once/erase-now.ts';
import { AUDIT_WORDS } from '../../ledger/audit/words.ts';

export interface ResourceDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly eraseNow: EraseNow;
}

/** The caller, and the resource. */
interface ResourceInput {
  readonly account: Account;
  /** The key or the person that asks, as the audit names them. */
  readonly actor: string;
  readonly resource: Resource;
  readonly id: string;
  /** It must belong to this conversation. */
  readonly conversation?: string;
}

/** The new fields of a user; a field that is not given is taken out. */
export interface UserFields {
  readonly name: string;
  readonly display_name?: string | null | undefined;
  readonly properties?: Readonly<Record<string, unknown>> | null | undefined;
}

export interface Resources {
  /**
   * Deletes a resource, with the file it may stand for and what belongs to it.
   * @returns false when the account has none under this id
   * @throws ErasureFailure for what can neither go nor stay without it: nothing is changed then
   */
  remove(input: ResourceInput): Promise<boolean>;
  /** Replaces the fields of a user. @returns false when the account has none under this id */
  replaceUser(input: Omit<ResourceInput, 'resource'>, fields: UserFields): Promise<boolean>;
}

const REPLACED = { action: 'data.redaction', reason: 'user_replaced' } as const;

/** The resources of the product APIs, by the entries of the data map that name one. */
export function createResources({ db, dataMap, eraseNow }: ResourceDependencies): Resources {
  const profile = profileFor('resource', dataMap);
  const rules = compileRecordRules(dataMap, profile, (entry) => entry.resource !== undefined);

  const find = ({ account, resource, id, conversation }: ResourceInput): Promise<FoundRecord[]> => {
    const meant = rules.filter((rule) => rule.entry.resource === resource);
    const within = conversation === undefined ? meant : meant.flatMap((rule) => inConversation(rule, conversation));
    return findById(db, within, account.records_id, id);
  };

  return {
    async remove(input) {
      const { account, actor, id } = input;
      const found = await find(input);
      if (found.length === 0) return false;
      const changed = await eraseNow({ account, actor, ...AUDIT_WORDS.resource, id, found, follow: profile });
      // None changed: another call has deleted it meanwhile.
      return Object.keys(changed).length > 0;
    },
    async replaceUser(input, fields) {
      const { account, actor, id } = input;
      const found = (await find({ ...input, resource: 'user' })).map(({ rule, ...found }) => ({
        ...found,
        rule: { ...rule, change: () => replacement(rule.entry, fields) },
      }));
      if (found.length === 0) return false;
      const changed = await eraseNow({ account, actor, ...REPLACED, id, found });
      return Object.keys(changed).length > 0;
    },
  };
}

/** Event ids may count from 1 in each conversation. An entry that does not map the conversation is left out. */
function inConversation(rule: RecordRule, conversation: string): RecordRule[] {
  const { conversation: path } = rule.entry;
  return path === undefined ? [] : [narrowRule(rule, { [path]: { $in: writingsOf(conversation) } })];
}

/** A user's handle stands in the entry's numbers, since it may be a number. Categories say where the others stand. */
function replacement(entry: CollectionMap, fields: UserFields): ReturnType<RecordRule['change']> {
  const set: Record<string, unknown> = {};
  const removed: string[] = [];
  const write = (path: string | undefined, value: unknown) => {
    if (path === undefined) return;
    if (value === undefined || value === null) removed.push(path);
    else set[path] = value;
  };
  const of = (category: FieldCategory) => entry.fields.find((field) => field.category === category)?.path;
  for (const { path } of entry.numbers) write(path, fields.name);
  write(of('name'), fields.display_name);
  write(of('custom'), fields.properties);
  return { kind: 'update', fields: [], elements: [], always: set, removed };
}
