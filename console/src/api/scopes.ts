import type { Role, SessionUser } from './types.ts';

export type Scope = 'look' | 'forget' | 'redact' | 'access' | 'audit' | 'settings' | 'people' | 'platform';

/**
 * What each role may do, where the session does not say: the views and buttons that a role has no use for are left out. The API decides; this only spares
 * people a refusal.
 */
const SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: ['look'],
  clerk: ['look', 'forget', 'redact', 'access'],
  officer: ['look', 'access', 'audit'],
  admin: ['look', 'forget', 'redact', 'access', 'audit', 'settings', 'people', 'platform'],
};

export const mayDo = ({ role, scopes }: Pick<SessionUser, 'role' | 'scopes'>, scope: Scope): boolean =>
  (scopes ?? SCOPES[role]).includes(scope);
