/** What a caller may do. Every operation of the API names one. */
export const SCOPES = ['look', 'forget', 'redact', 'access', 'audit', 'settings', 'people', 'platform'] as const;
export type Scope = (typeof SCOPES)[number];

/** The scopes a key may have: people, and what belongs to all accounts, are for people alone. */
export const ACCOUNT_SCOPES = ['look', 'forget', 'redact', 'access', 'audit', 'settings'] as const satisfies Scope[];
export type AccountScope = (typeof ACCOUNT_SCOPES)[number];

/** What a person is, and with it what they may do. */
export const ROLES = {
  viewer: ['look'],
  clerk: ['look', 'forget', 'redact', 'access'],
  officer: ['look', 'access', 'audit'],
  admin: SCOPES,
} as const satisfies Record<string, readonly Scope[]>;

export type Role = keyof typeof ROLES;
export const ROLE_NAMES = Object.keys(ROLES) as Role[];
