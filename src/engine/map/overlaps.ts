/** A path of the map and where it stands there. */
export interface PlacedPath {
  readonly at: readonly PropertyKey[];
  readonly path: string;
  readonly isNumber?: boolean;
  /** A field with a category, which may be the whole text around a number. */
  readonly isField?: boolean;
  /** A field of which only what stands around a mention goes. */
  readonly isAround?: boolean;
}

interface Contradiction {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * Finds paths of one collection that cannot both be true. MongoDB refuses to write `a` and `a.b` in one update, and a
 * field is either an array everywhere (`a[].b`) or nowhere (`a.c`).
 * @param paths earlier paths win: of two that contradict each other, the later one is reported
 * @param mixed number paths may differ in shape (`to`, `to[]`, `to[].phone`): each is looked up and written by itself
 * @param whole a field may hold numbers, and goes with them as a whole: records are read before they are changed
 */
export function findContradictions(paths: readonly PlacedPath[], mixed: boolean, whole: boolean): Contradiction[] {
  const found: Contradiction[] = [];
  paths.forEach((later, index) => {
    for (const earlier of paths.slice(0, index)) {
      // The key is the number, and the field what stands under it; elsewhere the whole text around a number goes.
      if (mixed && earlier.isNumber && later.isField && earlier.path === later.path) continue;
      if (whole && earlier.isNumber && later.isField && isHeld(earlier.path, later.path)) continue;
      // In the person's own record all goes, in others' what stands around a mention.
      if (whole && (isPartOf(earlier, later) || isPartOf(later, earlier))) continue;
      const isShape = mixed && (earlier.isNumber ?? false) && earlier.path !== later.path;
      if (isShape && (later.isNumber || isWithin(later.path, earlier.path))) continue;
      const message = contradiction(earlier.path, later.path);
      // Where the shapes of numbers differ, a field beside one of them contradicts the others.
      if (message !== undefined && !(isShape && hasShapeOf(paths, later.path))) {
        found.push({ path: later.at, message });
        break;
      }
    }
  });
  return found;
}

/** Is one a part of a field, of which only what stands around a mention goes? */
function isPartOf(one: PlacedPath, field: PlacedPath): boolean {
  return (one.isAround ?? false) && (field.isField ?? false) && isHeld(one.path, field.path);
}

/** Does a number stand in what a field holds? */
export function isHeld(number: string, field: string): boolean {
  return number.startsWith(`${field}.`) || number.startsWith(`${field}[]`);
}

/** `to[].name` within `to` or `to[]`: a field of the elements that are objects. */
function isWithin(text: string, number: string): boolean {
  return text.startsWith(`${number}[].`) || (number.endsWith('[]') && text.startsWith(`${number}.`));
}

/** Is there a number in the very array the path goes through? */
function hasShapeOf(paths: readonly PlacedPath[], text: string): boolean {
  const array = text.slice(0, text.lastIndexOf('[]') + 2);
  return array !== '' && paths.some((one) => one.isNumber && one.path.startsWith(`${array}.`));
}

function contradiction(earlier: string, later: string): string | undefined {
  if (earlier === later) return `${later} stands twice`;
  const [names, others] = [earlier.split('.'), later.split('.')];
  const shared = Math.min(names.length, others.length);
  for (let index = 0; index < shared; index += 1) {
    const [one = '', other = ''] = [names[index], others[index]];
    if (bare(one) !== bare(other)) return undefined;
    // The last name of a shorter path may be the array itself: that is an overlap, below.
    const inner = index < names.length - 1 && index < others.length - 1;
    if (inner && one !== other) return `${bare(one)} is an array in ${earlier.includes('[]') ? earlier : later} only`;
  }
  return names.length <= others.length
    ? `lies inside ${earlier}: both cannot be written at once`
    : `holds ${earlier}: both cannot be written at once`;
}

const bare = (name: string) => name.replace('[]', '');
