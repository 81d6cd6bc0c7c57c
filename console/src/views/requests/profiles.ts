/** The kinds of requests that people look for, and what they are called. */
export const PROFILES: readonly (readonly [profile: string, word: string])[] = [
  ['forget', 'Forget a number'],
  ['interaction', 'Redact interactions'],
  ['retention', 'Retention'],
];

/** Kinds that stand in figures only. */
const OTHERS: Readonly<Record<string, string>> = { automatic: 'Automatic redaction' };

export const profileWord = (profile: string): string =>
  PROFILES.find(([name]) => name === profile)?.[1] ?? OTHERS[profile] ?? profile;
