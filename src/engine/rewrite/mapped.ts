import type { Mention } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { withoutTemplate } from '../map/templates.ts';
import { note, noteName } from './changes.ts';
import { type Path, REMOVED } from './edits.ts';
import { changeJoined } from './joined.ts';
import { type Alignment, align, isElement, leavesAlong, placeOf, throughElements } from './places.ts';
import type { EntryRules, NumberRule } from './rules.ts';
import { isFixed, type Scene } from './scene.ts';
import { changeValue, digitsOf } from './values.ts';
import { findsOf, type Hit, maskHit } from './walk.ts';

/** A number at a place where the map says that numbers stand. */
export interface Mapped {
  readonly entry: EntryRules;
  readonly rule: NumberRule;
  readonly hit: Hit;
  readonly number: PhoneNumber;
  readonly alignment: Alignment;
  /** It says whose record, or element, it is. */
  readonly own: boolean;
  /** No other number stands in the same value. */
  readonly alone: boolean;
}

/** More letters than this make it a text that mentions a number, and no number with a name or a word beside it. */
const MOST_LETTERS = 40;
/** Fewer where the record is not as the map says: `contacts: "4477...; 4477..."`. */
const MOST_LETTERS_BEFORE = 12;
/** With fewer digits the rest of a value is an extension, a device, a count: no other number. */
const FEWEST_DIGITS = 7;

/** The hits at an entry's number paths, whatever shape the record has on the way. */
export function findMapped(scene: Scene, entry: EntryRules): Mapped[] {
  return scene.hits.flatMap((hit): Mapped[] => {
    if (hit.kind === 'other') return [];
    const at = hit.parts === undefined ? placeOfHit(hit, entry) : placeOfParts(hit, entry);
    if (at === undefined) return [];
    const sure = hit.mentions.filter((mention) => mention.sure && !isOfGroup(hit, mention));
    // A field at the number's own path: the text is the person's, whatever else stands in it.
    const isWhole = at.isExact && entry.fields.some((field) => field.path.text === at.rule.path.text);
    const first = sure[0] ?? (isWhole ? findsOf(hit).find((find) => find.sure) : undefined);
    if (first === undefined) return [];
    const rest = restOf(hit, sure);
    const isText = !sure[0]?.whole && lettersIn(rest) > (at.isExact ? MOST_LETTERS : MOST_LETTERS_BEFORE);
    if (isText && !isWhole) return [];
    const alone =
      sure.length > 0 &&
      (digitsIn(rest) < FEWEST_DIGITS || isFramed(hit, at.rule, first)) &&
      hit.mentions.every(({ sure, number }) => sure && number === first.number);
    const own = isOwn(scene, at.rule, first.number);
    return [{ entry, ...at, hit, number: first.number, own, alone }];
  });
}

/** WhatsApp's groups were called by who made them, and when: what was written in one is not that person's. */
const GROUP = /^-1\d{9}(?:@g\.us)?$/;

const isOfGroup = ({ value }: Hit, { end }: Mention) => typeof value === 'string' && GROUP.test(value.slice(end));

/** Does the value read as the map says of this place, with the number where a number stands? */
function isFramed(
  { value, mentions }: Hit,
  { templates = [] }: NumberRule,
  { number }: { number: PhoneNumber },
): boolean {
  if (templates.length === 0 || typeof value !== 'string') return false;
  const within = withoutTemplate(value, templates).replace(/\D/g, '');
  return mentions.some(
    (mention) => mention.number === number && value.slice(mention.start, mention.end).replace(/\D/g, '') === within,
  );
}

/** Does the number say whose record it is? */
function isOwn(scene: Scene, { own, unless = [] }: NumberRule, number: PhoneNumber): boolean {
  return (
    own ||
    (unless.length > 0 && !unless.some((path) => holdsAnother(scene, scene.document, placeOf(path).names, number)))
  );
}

/** Does another number stand at some names below a value? */
export function holdsAnother(
  { open, matcher }: Scene,
  value: unknown,
  names: readonly string[],
  number: PhoneNumber,
): boolean {
  for (const leaf of leavesAlong(value, names, open)) {
    const text = typeof leaf === 'string' ? leaf : (digitsOf(leaf) ?? '');
    const mentions = typeof leaf === 'string' ? matcher.find(text) : matcher.findNumber(text);
    const own = mentions.filter((mention) => mention.sure && mention.number === number);
    const isThisOne = typeof leaf !== 'string' && own.length > 0;
    if (!isThisOne && digitsIn(withoutMentions(text, own)) >= FEWEST_DIGITS) return true;
  }
  return false;
}

/** The number path a hit stands at: one that leads there before one that leads near. */
function placeOfHit({ path }: Hit, { numbers }: EntryRules) {
  let near: (Pick<Mapped, 'rule' | 'alignment'> & { isExact: boolean }) | undefined;
  for (const rule of numbers) {
    const place = placeOf(rule.path);
    const alignment = align(path, place);
    // `{number: {e164: ...}}` is one name further.
    if (alignment === undefined || alignment.beyond > 1) continue;
    if (alignment.count === place.names.length && alignment.beyond === 0) return { rule, alignment, isExact: true };
    near ??= { rule, alignment, isExact: false };
  }
  return near;
}

/** The entry's own field that a number in several of them ends in. */
function placeOfParts({ path, parts = [] }: Hit, { joined = [] }: EntryRules) {
  const rule = parts.at(-1)?.rule;
  if (rule === undefined || !joined.some((one) => one.parts.includes(rule))) return undefined;
  const alignment = align(path, placeOf(rule.path));
  return alignment && { rule, alignment, isExact: true };
}

/**
 * A scene without numbers that are the beginning or the end of a longer one: `4477009001231@c.us` at a number's place is
 * somebody else's id. In a text it may be a number with something typed behind it, and two numbers may run together.
 */
export function withoutParts(scene: Scene): Scene {
  const hits = scene.hits.flatMap((hit): Hit[] => {
    if (hit.kind !== 'string' || hit.mentions.length === 0) return [hit];
    if (!scene.entries.some((entry) => placeOfHit(hit, entry)?.isExact)) return [hit];
    const mentions = hit.mentions.filter((mention) => !isPart(String(hit.value), mention));
    return mentions.length + hit.encoded.length > 0 ? [{ ...hit, mentions }] : [];
  });
  return { ...scene, hits };
}

/** Do a few digits touch the mention? As many as a number has are another number. */
function isPart(text: string, { start, end }: Mention): boolean {
  const before = /\d*$/.exec(text.slice(0, start))?.[0].length ?? 0;
  const behind = /^\d*/.exec(text.slice(end))?.[0].length ?? 0;
  return [before, behind].some((digits) => digits > 0 && digits < FEWEST_DIGITS);
}

/** What stands beside the numbers in a text. */
function restOf({ value, kind }: Hit, mentions: readonly Mention[]): string {
  return kind === 'string' || kind === 'key' ? withoutMentions(value as string, mentions) : '';
}

/** A text without the numbers it mentions. */
export function withoutMentions(text: string, mentions: readonly Mention[]): string {
  const parts: string[] = [];
  let kept = 0;
  for (const { start, end } of mentions) {
    parts.push(text.slice(kept, start));
    kept = end;
  }
  return [...parts, text.slice(kept)].join(' ');
}

export const digitsIn = (text: string) => text.replace(/\D/g, '').length;
const lettersIn = (text: string) => text.replace(/[^\p{L}]/gu, '').length;

/** Is this the record's own number, so that the record goes with it? */
export function takesRecord({ entry, own, alone }: Mapped): boolean {
  return entry.fate === 'delete' && entry.elements === undefined && own && alone;
}

/**
 * Notes what becomes of the number: the element goes where elements are the records, else the number is masked as its
 * strategy says. A number among others is left to `maskRest`, which masks its digits alone.
 */
export function changeNumber(scene: Scene, mapped: Mapped): void {
  if (isFixed(scene, mapped.hit.path)) return;
  const element = elementOf(mapped);
  if (element !== undefined) note(scene.changes, element, { kind: 'remove' });
  else if (mapped.rule.strategy === 'keep') return;
  else if (mapped.hit.parts !== undefined) changeJoined(scene, mapped.hit);
  else if (mapped.alone && !isField(mapped)) changeAlone(scene, mapped);
}

/** Is the value a field, too, so that it goes as a whole, by what the field is? */
function isField({ entry, rule, hit }: Mapped): boolean {
  return hit.kind !== 'key' && entry.fields.some((field) => field.path.text === rule.path.text);
}

/** The element of the entry's array that holds the number, the innermost where arrays stand in arrays. */
function elementOf({ entry, own, hit, alone }: Mapped): Path | undefined {
  if (entry.fate !== 'delete' || entry.elements === undefined || !own || !alone) return undefined;
  const place = placeOf(entry.elements);
  const alignment = align(hit.path, place);
  if (alignment === undefined || alignment.count < place.names.length) return undefined;
  const path = throughElements(hit.path, alignment.ends.at(-1) ?? 0);
  return isElement(path.at(-1) ?? '') ? path : undefined;
}

function changeAlone(scene: Scene, { hit, rule, number }: Mapped): void {
  const { changes, matcher } = scene;
  const { strategy } = rule;
  const written = changeValue(hit.value, strategy, scene.wordsFor(number));
  if (hit.kind === 'key') {
    const goes = written === REMOVED || written === null || written === '';
    if (goes) note(changes, hit.path, { kind: 'remove' });
    else noteName(changes, hit.path, String(maskHit(hit, matcher)));
  } else if (written === REMOVED) note(changes, hit.path, { kind: 'remove' });
  else if (hit.kind === 'binary') note(changes, hit.path, { kind: 'set', value: maskHit(hit, matcher) });
  else if (hit.encoded.length > 0) return;
  else if (strategy !== 'mask') note(changes, hit.path, { kind: 'set', value: written });
  else {
    const rest = restOf(hit, hit.mentions);
    // `whatsapp:+4477...` becomes `whatsapp:44*...`, `+4477... x12` `44*... x12`: by `maskRest`.
    const isMasked = rest.trim() !== '' && (digitsIn(rest) > 0 || isAddress(hit));
    if (!isMasked) note(changes, hit.path, { kind: 'set', value: written });
  }
}

const LONGEST_ADDRESS = 200;
/** What an address has around a number: a scheme, a host, quotes; no name. */
const BEFORE = /^[\s"'<(]*(?:[A-Za-z]+[:-])?["'<(]*$/;
const AFTER = /^[^\sA-Za-z]*(?:[@;:]\S*)?[^A-Za-z]*$/;

function isAddress({ value, mentions }: Hit): boolean {
  const [mention] = mentions;
  if (typeof value !== 'string' || value.length > LONGEST_ADDRESS || !mention?.whole) return false;
  return BEFORE.test(value.slice(0, mention.start)) && AFTER.test(value.slice(mention.end));
}
