type Severity = 'error' | 'warning';

/** One mismatch of map and database. It holds names, types and counts, never a record's value. */
export interface Finding {
  readonly severity: Severity;
  /** `collection`, or `collection.path`. */
  readonly where: string;
  readonly message: string;
  /** A mongosh command that fixes it. */
  readonly remedy?: string;
  /** The index that fixes it. */
  readonly index?: {
    readonly database?: string;
    readonly collection: string;
    readonly keys: Readonly<Record<string, 1>>;
  };
  /** The first records it is about, as far as their ids may be shown. */
  readonly ids?: readonly string[];
}

/** Counts the same observation over many records, and reports it once. */
export interface Tally {
  /** The record that is looked at from now on. */
  begin(id: unknown): void;
  note(severity: Severity, where: string, message: string): void;
  /** Keeps the record for a finding that is made at the end. */
  keep(where: string): void;
  kept(where: string): readonly string[];
  /** @param of what was looked at: `of 500 records` */
  findings(of: string): Finding[];
}

const MOST_IDS = 5;

/** @param describe an `_id` as it may be shown */
export function createTally(describe: (id: unknown) => string): Tally {
  const counts = new Map<string, { severity: Severity; where: string; message: string; count: number }>();
  const ids = new Map<string, string[]>();
  let current: unknown;

  const keep = (key: string) => {
    const list = ids.get(key) ?? [];
    if (list.length === 0) ids.set(key, list);
    if (list.length >= MOST_IDS) return;
    const id = describe(current);
    if (list.at(-1) !== id) list.push(id);
  };

  return {
    begin(id) {
      current = id;
    },
    note(severity, where, message) {
      const key = `${severity}\0${where}\0${message}`;
      const row = counts.get(key) ?? { severity, where, message, count: 0 };
      counts.set(key, { ...row, count: row.count + 1 });
      keep(key);
    },
    keep,
    kept: (where) => ids.get(where) ?? [],
    findings: (of) =>
      [...counts].map(([key, { severity, where, message, count }]) => ({
        severity,
        where,
        message: `${message} (${count} ${of})`,
        ids: ids.get(key) ?? [],
      })),
  };
}
