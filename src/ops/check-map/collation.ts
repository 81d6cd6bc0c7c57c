import type { CollectionMap } from '../../engine/map/schema.ts';
import { accountPathOf } from '../../engine/owner.ts';
import type { Collation } from '../collections/list.ts';
import type { Finding } from './findings.ts';

const WITH_CASE = 3;

/** In a collection that ignores case, two accounts may share their records. */
export function checkCollation(entry: CollectionMap, collation: Collation | undefined): Finding[] {
  const account = accountPathOf(entry);
  if (account === undefined || isSimple(collation) || strengthOf(collation) >= WITH_CASE) return [];
  return [
    {
      severity: 'warning',
      where: `${entry.collection}.${account}`,
      message: `texts are compared without case (collation strength ${strengthOf(collation)}): accounts whose ids differ in nothing else share their records`,
    },
  ];
}

/** An index serves the queries of a collection only if it compares as they do. */
export function isSameCollation(one: Collation | undefined, other: Collation | undefined): boolean {
  if (isSimple(one) || isSimple(other)) return isSimple(one) === isSimple(other);
  return one?.locale === other?.locale && strengthOf(one) === strengthOf(other);
}

function isSimple(collation: Collation | undefined): boolean {
  return collation?.locale === undefined || collation.locale === 'simple';
}

function strengthOf(collation: Collation | undefined): number {
  return collation?.strength ?? WITH_CASE;
}
