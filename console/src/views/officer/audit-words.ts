const WORDS: Readonly<Record<string, string>> = {
  'data.erasure': 'Erasure',
  'data.redaction': 'Redaction',
  'data.deletion': 'Deletion',
  'data.access': 'Look at data',
  'data.report': 'Report',
  'data.retention': 'Retention',
  'data.late': 'Erasure of late records',
  'request.cancel': 'Request cancelled',
  'suppression.lift': 'Suppression lifted',
  'ledger.drop': 'Finished requests dropped',
  'people.change': 'Change of people',
  'people.sign_in': 'Sign-in',
  'settings.change': 'Change of settings',
};

export const ACTIONS: readonly string[] = Object.keys(WORDS);

/** What an action of the audit is called for people. */
export const actionWord = (action: string): string => WORDS[action] ?? action;
