import type mongoose from 'mongoose';
import { directionOf, ownNumberPath } from '../../engine/direction.ts';
import { valueAt } from '../../engine/map/paths.ts';
import type { CollectionMap, Direction, InteractionKind, TimeField } from '../../engine/map/schema.ts';
import { momentOf } from '../../engine/moment.ts';
import { textOf } from '../../lib/bson-text.ts';

type Document = mongoose.mongo.Document;

/** One call, text, chat or form in the log. */
export interface Interaction {
  readonly id: string | null;
  readonly kind: InteractionKind;
  readonly direction: Direction | null;
  readonly at: Date | null;
  readonly status: string | null;
  /** The account's own number. */
  readonly tracking_number: string | null;
  readonly source: string | null;
  /** How it was routed, in the platform's own form. */
  readonly call_flow: unknown;
  readonly redacted: boolean;
  readonly redacted_at: Date | null;
  /** The other party's number. */
  readonly contact_number: string | null;
  /** The fields of the map that hold personal data, by their paths; each null once it is redacted. */
  readonly personal: Readonly<Record<string, unknown>>;
}

/** A mapped collection of interactions: the map's schema demands these fields of it. */
export interface InteractionEntry extends CollectionMap {
  readonly id: string;
  readonly at: TimeField;
  readonly redacted: string;
  readonly interaction: InteractionKind;
}

/** @returns the entry when it is one of interactions */
export function asInteraction(entry: CollectionMap): InteractionEntry | null {
  const { id, at, redacted, interaction } = entry;
  return id && at && redacted && interaction ? { ...entry, id, at, redacted, interaction } : null;
}

/** The values at the record's number places but the account's own: what it holds for the other party's number. */
export function contactNumbers(entry: CollectionMap, record: Document): unknown[] {
  const own = ownNumberPath(entry, directionOf(entry, record));
  return entry.numbers
    .filter(({ path }) => path !== own)
    .map(({ path }) => valueAt(record, path))
    .filter((value) => value !== undefined && value !== null);
}

/** Reads a record through the map. Of a redacted record nothing personal is read, whatever it still holds. */
export function toInteraction(entry: InteractionEntry, record: Document): Interaction {
  const direction = directionOf(entry, record);
  const text = (path: string | undefined) => (path === undefined ? null : textOf(valueAt(record, path)));
  const mark = valueAt(record, entry.redacted);
  const redacted = mark !== undefined && mark !== null;
  const [contact] = redacted ? [] : contactNumbers(entry, record);
  return {
    id: text(entry.id),
    kind: entry.interaction,
    direction,
    at: momentOf(entry.at, record),
    status: text(entry.log?.status),
    tracking_number: text(ownNumberPath(entry, direction)),
    source: text(entry.log?.source),
    call_flow: entry.log?.flow === undefined ? null : (valueAt(record, entry.log.flow) ?? null),
    redacted,
    redacted_at: mark instanceof Date ? mark : null,
    contact_number: textOf(contact),
    personal: Object.fromEntries(
      entry.fields.map(({ path }) => [path, redacted ? null : (valueAt(record, path) ?? null)]),
    ),
  };
}
