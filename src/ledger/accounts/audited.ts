import type { Audit } from '../audit/audit.ts';
import { type ApiKey, scopesOf } from './keys.ts';

/** Appends to its account's chain that a key was made or revoked. @param actor the key or the address of who did it, or `cli` */
export function auditKey(
  audit: Pick<Audit, 'append'>,
  act: 'created' | 'revoked',
  key: ApiKey,
  { actor, at }: { readonly actor: string; readonly at: Date },
): Promise<void> {
  return audit.append({
    ...{ account: key.account_id, actor, action: 'settings.change', reference: key._id },
    reason: act === 'created' ? `key created: ${scopesOf(key).join(', ')}` : 'key revoked',
    ...{ at, counts: {} },
  });
}
