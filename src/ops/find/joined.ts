import { profileFor } from '../../engine/map/profile.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import type { JoinedRule } from '../../engine/rewrite/rules.ts';
import { joinedRulesFor } from '../../engine/rewrite-rules.ts';
import { entriesOf, isAbout } from '../map-view.ts';
import type { FindPlace } from './find.ts';

/** Says of a collection which numbers of its records stand in several fields, by all entries about it. */
export function joinedIn(map: DataMap): (place: FindPlace) => readonly JoinedRule[] {
  const profile = profileFor('forget', map);
  const views = entriesOf(map).filter(({ entry }) => entry.joined.length > 0);
  return (place) => views.filter((view) => isAbout(view, place)).flatMap(({ entry }) => joinedRulesFor(entry, profile));
}
