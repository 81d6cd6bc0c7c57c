import type { FieldCategory, RecordCategory } from '../../engine/map/categories.ts';
import { isNamedLikeId, isNamedLikeTime, numberRoleOf, saidValues, timeUnitOf, wordsOf } from './field.ts';
import type { FieldProfile } from './profile.ts';

const CATEGORY_WORDS: readonly [FieldCategory, string][] = [
  ['note', 'note notes comment comments remark remarks error reason'],
  ['email', 'email emails mail mails'],
  ['recording', 'recording recordings voicemail'],
  ['transcript', 'transcript transcripts transcription'],
  ['tag', 'tag tags label labels'],
  ['custom', 'custom metadata meta attributes properties extra livechat conflicting'],
  ['visitor', 'visitor ip useragent latitude longitude location'],
  ['form', 'answer answers form'],
  ['body', 'body text message messages msg content caption subject html'],
  ['name', 'name firstname lastname fullname surname nickname nick username displayname pushname fname lname profile'],
  [
    'other',
    'address street city postcode zip birthday birthdate dob gender avatar photo picture company search preview raw payload media',
  ],
];
/** Set by the platform, said by nobody. */
const PLAIN_WORDS = new Set(
  'num type status state kind direction mode format version locale lang language model event events method currency country network channel source provider device'.split(
    ' ',
  ),
);

/** What personal data a field of texts holds, by its name and its values; null for none that could be told. */
export function categoryOf(field: FieldProfile): FieldCategory | null {
  const said = saidValues(field);
  if (said === 0 || field.texts === 0 || timeUnitOf(field) !== null) return null;
  const holdsNumbers = numberRoleOf(field) === 'mentions';
  if (isNamedLikeId(field.path) || isNamedLikeTime(field.path)) return holdsNumbers ? 'other' : null;
  if (field.emails / said >= 0.5) return 'email';
  const words = wordsOf(field.path);
  const joined = words.join('');
  const own = CATEGORY_WORDS.find(([, list]) =>
    list.split(' ').some((word) => words.includes(word) || joined === word),
  );
  const isSaid = field.sentences > 0 || field.emails > 0;
  if ((PLAIN_WORDS.has(words.at(-1) ?? '') || words[0] === 'num') && !isSaid) return null;
  if (own !== undefined) return own[0];
  if (field.addresses / said >= 0.5) return 'visitor';
  if (field.sentences / said >= 0.3) return 'other';
  return holdsNumbers ? 'note' : null;
}

/** Objects that are personal data as a whole: `custom`, `metadata`, `visitor`. */
export function categoryOfObject(name: string): FieldCategory | null {
  const words = wordsOf(name);
  const found = CATEGORY_WORDS.find(
    ([category, list]) =>
      ['custom', 'visitor', 'form'].includes(category) && list.split(' ').some((word) => words.includes(word)),
  );
  return found?.[0] ?? null;
}

const RECORD_WORDS: readonly [RecordCategory, RegExp][] = [
  ['suppression', /black_?list|suppress|opt_?outs?|unsub|dnc|do_?not|stop_?list|block_?list/i],
  ['scheduled', /scheduled|outbox/i],
  [
    'other',
    /^(?:users?|admins?|agents?|operators?|employees?|members?|accounts?|tenants?|devices?|organi[sz]ations?)$/i,
  ],
  ['call', /calls?(?:$|_|s)|cdr|voice/i],
  ['lookup', /lookup|hlr|insight/i],
  ['form', /forms?$|submission|support|ticket/i],
  ['chat', /(?:^|_|live)chats?(?:$|_)|rooms?$|inquir|conversation|thread|subscription$/i],
  [
    'message',
    /sms|mms|messages?|inbound|outbound|inbox|sent|received|campaign|bulk|webhook|callback|notification|batch/i,
  ],
  [
    'contact',
    /contact|customer|visitor|lead|person|people|client|subscriber|recipient|patient|guest|profile|address_?book/i,
  ],
];

/**
 * What kind of records a collection holds, by its name, else by its fields. A contact is deleted by an erasure, so that
 * it is guessed only where nothing else is likely.
 */
export function recordOf(collection: string, fields: readonly FieldProfile[]): RecordCategory {
  const name = collection.replace(/([a-z])([A-Z])/g, '$1_$2');
  // `livechat_visitor`, `rocketchat_livechat_contact`: the last word says what one record is.
  const last = name.split(/[_.-]/).at(-1) ?? name;
  for (const text of [last, name]) {
    const known = RECORD_WORDS.find(([, pattern]) => pattern.test(text));
    if (known !== undefined) return known[0];
  }
  const categories = new Set(fields.map(categoryOf));
  if (categories.has('body')) return 'message';
  const isPerson = categories.has('name') || categories.has('email');
  const isPlain = fields.some((field) => numberRoleOf(field) === 'numbers' && !/\[\]|\./.test(field.path));
  return isPerson && isPlain ? 'contact' : 'other';
}
