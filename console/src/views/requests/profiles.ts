/** What kinds of requests there are, as people call them. */
export const PROFILES: readonly (readonly [profile: string, word: string])[] = [
  ['forget', 'Forget a number'],
  ['interaction', 'Redact interactions'],
  ['retention', 'Retention'],
];

export const profileWord = (profile: string): string => PROFILES.find(([name]) => name === profile)?.[1] ?? profile;
