import { bsonTypeOf } from '../../src/lib/bson-type.ts';

/**
 * What MongoDB does with the few operators that the engine sends, written from its manual and without a database: a
 * second opinion on the server the tests run on.
 * @see MongoDB manual, "Query and projection operators", "Query an array", "arrayFilters", "Aggregation expressions"
 */

type Document = Readonly<Record<string, unknown>>;

/** An update that the server refuses. */
export class RefusedUpdate extends Error {}

const isObject = (value: unknown): value is Document => bsonTypeOf(value) === 'object';
const isNumber = (value: unknown) => bsonTypeOf(value) === 'number';

/** A type as queries name it; `missing` for undefined. */
function typeOf(value: unknown): string {
  if (!isNumber(value)) return bsonTypeOf(value);
  const named = (value as { _bsontype?: string })._bsontype ?? '';
  if (named === 'Long') return 'long';
  if (named === 'Decimal128') return 'decimal';
  const plain = Number(value);
  return named === 'Double' || !Number.isInteger(plain) || Math.abs(plain) >= 2 ** 31 ? 'double' : 'int';
}

/** Equality: numbers by value whatever their type, objects with their fields in the same order. */
function isEqual(one: unknown, other: unknown): boolean {
  if (isNumber(one) || isNumber(other))
    return isNumber(one) && isNumber(other) && Number(String(one)) === Number(String(other));
  if (bsonTypeOf(one) !== bsonTypeOf(other)) return false;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((element, index) => isEqual(element, other[index]));
  if (isObject(one) && isObject(other)) {
    const [names, others] = [Object.keys(one), Object.keys(other)];
    return (
      names.length === others.length &&
      names.every((name, at) => name === others[at] && isEqual(one[name], other[name]))
    );
  }
  return String(one) === String(other);
}

/** What a path leads to, in every object of an array on the way; undefined where it ends before. A number also means the element there. Not within arrays of arrays. */
function valuesAt(value: unknown, [name, ...rest]: readonly string[]): unknown[] {
  if (name === undefined) return [value];
  if (isObject(value)) return valuesAt(Object.hasOwn(value, name) ? value[name] : undefined, rest);
  if (!Array.isArray(value)) return [undefined];
  const elements = value.flatMap((element) => (isObject(element) ? valuesAt(element, [name, ...rest]) : []));
  return /^\d+$/.test(name) && Number(name) < value.length
    ? [...elements, ...valuesAt(value[Number(name)], rest)]
    : elements;
}

/** A condition on a value sees an array as a whole, and each of its elements. */
const withElements = (values: readonly unknown[]) =>
  values.flatMap((value) => (Array.isArray(value) ? [...value, value] : [value]));

const isNothing = (value: unknown) => value === null || value === undefined;

function equalsOne(values: readonly unknown[], wanted: unknown): boolean {
  if (wanted instanceof RegExp) return values.some((value) => typeof value === 'string' && wanted.test(value));
  return values.some((value) => (wanted === null ? isNothing(value) : value !== undefined && isEqual(value, wanted)));
}

const isOperators = (condition: unknown): condition is Document =>
  isObject(condition) && Object.keys(condition).some((key) => key.startsWith('$'));

/** Does a query's filter match the document? */
export function matches(document: unknown, filter: Document): boolean {
  return Object.entries(filter).every(([key, condition]) => {
    const all = () => condition as readonly Document[];
    switch (key) {
      case '$and':
        return all().every((one) => matches(document, one));
      case '$or':
        return all().some((one) => matches(document, one));
      case '$nor':
        return !all().some((one) => matches(document, one));
      case '$comment':
        return true;
      case '$expr':
        return evaluate(condition, { document, variables: {} }) === true;
      default:
        return meets(document, key.split('.'), condition);
    }
  });
}

function meets(document: unknown, names: readonly string[], condition: unknown): boolean {
  const whole = valuesAt(document, names);
  const values = withElements(whole);
  if (!isOperators(condition)) return equalsOne(values, condition);
  return Object.entries(condition).every(([operator, wanted]) => {
    const list = () => wanted as readonly unknown[];
    switch (operator) {
      case '$eq':
        return equalsOne(values, wanted);
      case '$ne':
        return !equalsOne(values, wanted);
      case '$in':
        return list().some((one) => equalsOne(values, one));
      case '$nin':
        return !list().some((one) => equalsOne(values, one));
      case '$not':
        return !meets(document, names, wanted);
      case '$exists':
        return values.some((value) => value !== undefined) === wanted;
      case '$type':
        return values.some((value) => value !== undefined && [wanted].flat().includes(typeOf(value)));
      case '$size':
        return whole.some((value) => Array.isArray(value) && value.length === wanted);
      case '$elemMatch':
        return whole.some(
          (value) => Array.isArray(value) && value.some((element) => matchesElement(element, wanted as Document)),
        );
      default:
        throw new TypeError(`the reference knows no ${operator}`);
    }
  });
}

/** Conditions on an element itself, or on its fields; `$nor` and `$and` speak of fields. */
function matchesElement(element: unknown, wanted: Document): boolean {
  const [first = ''] = Object.keys(wanted);
  if (/^\$(?!and$|or$|nor$)/.test(first)) return meets({ it: element }, ['it'], wanted);
  return (isObject(element) || Array.isArray(element)) && matches(isObject(element) ? element : { ...element }, wanted);
}

interface Scope {
  readonly document: unknown;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The value of an aggregation expression. */
function evaluate(expression: unknown, scope: Scope): unknown {
  if (typeof expression === 'string' && expression.startsWith('$')) {
    const isVariable = expression.startsWith('$$');
    const [name = '', ...rest] = expression.slice(isVariable ? 2 : 1).split('.');
    return isVariable ? follow(scope.variables[name], rest) : follow(scope.document, [name, ...rest]);
  }
  if (Array.isArray(expression)) return expression.map((one) => evaluate(one, scope));
  if (!isOperators(expression)) return expression;
  const [[operator = '', given] = []] = Object.entries(expression);
  if (operator === '$let') {
    const { vars, in: inner } = given as { vars: Document; in: unknown };
    const own = Object.fromEntries(Object.entries(vars).map(([name, one]) => [name, evaluate(one, scope)]));
    return evaluate(inner, { ...scope, variables: { ...scope.variables, ...own } });
  }
  const values = [given].flat(1).map((one) => evaluate(one, scope));
  const [one, other] = values;
  switch (operator) {
    case '$eq':
      return one === undefined || other === undefined ? one === other : isEqual(one, other);
    case '$in':
      return (other as unknown[]).some((element) => one !== undefined && isEqual(one, element));
    case '$or':
      return values.some((value) => value === true);
    case '$not':
      return one !== true;
    case '$cond':
      return one === true ? other : values[2];
    case '$concat':
      return values.join('');
    case '$type':
      return typeOf(one);
    case '$isArray':
      return Array.isArray(one);
    case '$arrayElemAt':
      return Array.isArray(one) ? one.at(Number(other)) : undefined;
    default:
      throw new TypeError(`the reference knows no ${operator}`);
  }
}

/** A path of an expression: through an array it gives the array of what its objects have. */
function follow(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  if (Array.isArray(value))
    return value.flatMap((element) => {
      const found = isObject(element) || Array.isArray(element) ? follow(element, [name, ...rest]) : undefined;
      return found === undefined ? [] : [found];
    });
  return isObject(value) && Object.hasOwn(value, name) ? follow(value[name], rest) : undefined;
}

interface Writing {
  readonly operator: string;
  readonly value: unknown;
  readonly filters: readonly Document[];
}

/** The document after an update. @throws RefusedUpdate */
export function updated(document: Document, update: Document, filters: readonly Document[] = []): Document {
  const after = structuredCopy(document) as Record<string, unknown>;
  // Elements are chosen by what they held before the update.
  for (const [operator, fields] of Object.entries(update))
    for (const [path, value] of Object.entries(fields as Document))
      write(after, document, path.split('.'), { operator, value, filters });
  return after;
}

function structuredCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structuredCopy);
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, structuredCopy(inner)]))
    : value;
}

function write(into: unknown, before: unknown, [name = '', ...rest]: readonly string[], writing: Writing): void {
  const isSet = writing.operator === '$set';
  if (name.startsWith('$[')) {
    if (!Array.isArray(into)) throw new RefusedUpdate('an array is needed');
    for (const [index, element] of into.entries()) {
      const held = Array.isArray(before) ? before[index] : undefined;
      if (!isChosen(held, name.slice(2, -1), writing.filters)) continue;
      if (rest.length > 0) write(element, held, rest, writing);
      else into[index] = isSet ? structuredCopy(writing.value) : null;
    }
    return;
  }
  if (!isObject(into)) {
    if (isSet) throw new RefusedUpdate('no field can be made in it');
    return;
  }
  const target = into as Record<string, unknown>;
  if (rest.length > 0) {
    if (!Object.hasOwn(target, name)) {
      if (rest.some((one) => one.startsWith('$['))) throw new RefusedUpdate('the path is not there');
      if (!isSet) return;
      target[name] = {};
    }
    write(target[name], isObject(before) ? before[name] : undefined, rest, writing);
  } else if (isSet) target[name] = structuredCopy(writing.value);
  else if (writing.operator === '$unset') delete target[name];
  else if (Object.hasOwn(target, name)) {
    const list = target[name];
    if (!Array.isArray(list)) throw new RefusedUpdate('only arrays are pulled from');
    target[name] = list.filter((element) => !isPulled(element, writing.value));
  }
}

function isChosen(element: unknown, identifier: string, filters: readonly Document[]): boolean {
  const filter = filters.find((one) => Object.keys(one).some((key) => key.split('.')[0] === identifier));
  return filter === undefined ? identifier === '' : matches({ [identifier]: element }, filter);
}

/** Conditions of operators are about the element, which is not looked into when it is an array; others about its fields. */
function isPulled(element: unknown, condition: unknown): boolean {
  if (isOperators(condition)) return !Array.isArray(element) && meets({ it: element }, ['it'], condition);
  return isObject(element) && matches(element, condition as Document);
}
