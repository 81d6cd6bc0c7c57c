import type { FieldPath } from '../../engine/map/paths.ts';

/** Receives what a path leads to in one document, for each array element on the way. */
export interface Visitor {
  /** The end of the path; undefined when the field is absent. */
  value(value: unknown): void;
  /** The path cannot be followed past `place`: the value there has the wrong type. */
  closed(place: string, value: unknown, wanted: 'array' | 'object'): void;
}

/** Follows a path of the map into a document. */
export function followPath(document: unknown, path: FieldPath, visitor: Visitor): void {
  follow(document, path.pieces, '', visitor);
}

function follow(from: unknown, pieces: readonly string[], prefix: string, visitor: Visitor): void {
  const [piece = '', ...rest] = pieces;
  let current = from;
  let place = prefix;
  for (const name of piece === '' ? [] : piece.split('.')) {
    if (current === undefined) break;
    if (!isPlainObject(current)) {
      visitor.closed(place, current, 'object');
      return;
    }
    current = current[name];
    place = place === '' ? name : `${place}.${name}`;
  }
  if (rest.length === 0 || current === undefined) visitor.value(current);
  else if (Array.isArray(current)) for (const element of current) follow(element, rest, `${place}[]`, visitor);
  else visitor.closed(place, current, 'array');
}

/** Not null, no array, none of BSON's own types. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype &&
    !('_bsontype' in value)
  );
}
