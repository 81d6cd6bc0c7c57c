import { isHeld } from './overlaps.ts';
import { type FieldPath, KEY } from './paths.ts';
import type { Profile } from './profile.ts';
import type { CollectionMap, FieldMap, NumberPlace } from './schema.ts';

/**
 * Does a number at this place say whose record it is? What the map says, else: of records that are deleted, numbers
 * through no array do where there are any, else all; of records that are kept, all do.
 */
export function isOwnPlace(entry: CollectionMap, place: NumberPlace, fate: 'keep' | 'delete' | 'skip'): boolean {
  if (place.own !== undefined) return place.own;
  if (fate !== 'delete' || entry.elements !== undefined) return true;
  return isPlain(place) || !(entry.joined.length > 0 || entry.numbers.some(isPlain));
}

/** Through no array, and not said to be somebody else's. */
const isPlain = ({ path, own }: NumberPlace) => own !== false && !/\[\]|\{/.test(path);

/**
 * The places that decide whether a number here, in an array, is the record's own where `isOwnPlace` says it is not: it
 * is, unless somebody else's stands at one of them. A contact whose only number stands in a list goes with it.
 */
export function placesBefore(entry: CollectionMap, place: NumberPlace, fate: 'keep' | 'delete' | 'skip'): string[] {
  if (place.own !== undefined || entry.joined.length > 0 || isOwnPlace(entry, place, fate)) return [];
  return entry.numbers.filter(isPlain).map(({ path }) => path);
}

/** What a number at this place means for the record: whether it is the record's own, and whether the record goes. */
export function concernsNumber(entry: CollectionMap, number: FieldPath, profile: Profile) {
  const fate = profile.records[entry.record];
  const place = entry.numbers.find((one) => one.path === number.text);
  const isOwn = place === undefined || isOwnPlace(entry, place, fate);
  return { isOwn, isDeleted: fate === 'delete' && isOwn };
}

/** Can the place be looked up by its index? What stands under keys cannot. */
export function isLookedUp({ path }: NumberPlace): boolean {
  return !path.includes(KEY);
}

/** An update that takes every element of an array in an array is refused where one of them has none. */
const isDeep = ({ all, path }: FieldMap) => all && path.split('[]').length > 2;

/** What tells who somebody is: whose it is, the number in the same object says. */
const OF_A_PERSON: ReadonlySet<FieldMap['category']> = new Set(['name', 'email', 'caller_id']);

const objectOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('.')));

/**
 * The places whose number says whose a field is: those it holds (`lead` holds `lead.phone`), those in its own object
 * (`to.name` beside `to.number`), and its own (`"Jo" <sip:...>`). Where somebody else's number stands there, the field is
 * theirs.
 */
export function placesBeside({ numbers }: Pick<CollectionMap, 'numbers'>, field: FieldMap): string[] {
  const object = objectOf(field.path);
  const isOfPerson = OF_A_PERSON.has(field.category);
  const isOfObject = isOfPerson && object !== '' && !object.endsWith('[]');
  if (field.all || field.anywhere || field.path.includes(KEY)) return [];
  return numbers
    .map(({ path }) => path)
    .filter(
      (path) =>
        isHeld(path, field.path) ||
        (isOfPerson && path === field.path) ||
        (isOfObject && objectOf(path) === object && !path.includes(KEY)),
    );
}

/** Is there a field of which a number at another place does not say whose it is? */
export function hasFieldsOfOthers(entry: CollectionMap): boolean {
  return entry.fields.some((field) => {
    const beside = placesBeside(entry, field);
    return beside.length > 0 && entry.numbers.some(({ path, own }) => own === false || !beside.includes(path));
  });
}

/**
 * Do records of the entry have to be read before they are changed? What stands in JSON or under keys, texts that are kept
 * for others, and mentions inside of texts are nothing an update could say.
 */
export function needsReading(entry: CollectionMap): boolean {
  return (
    entry.json.length > 0 ||
    entry.joined.length > 0 ||
    hasFieldsOfOthers(entry) ||
    entry.fields.some(
      (field) =>
        field.onlyIfAlone ||
        field.maskInText ||
        field.around !== undefined ||
        field.anywhere ||
        field.path.includes(KEY) ||
        isDeep(field) ||
        entry.numbers.some(({ path }) => path === field.path || isHeld(path, field.path)),
    )
  );
}
