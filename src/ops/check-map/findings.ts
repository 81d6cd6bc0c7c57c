type Severity = 'error' | 'warning';

/** One mismatch of map and database. It holds names, types and counts, never a record's value. */
export interface Finding {
  readonly severity: Severity;
  /** `collection`, or `collection.path`. */
  readonly where: string;
  readonly message: string;
  /** A mongosh command that fixes it. */
  readonly remedy?: string;
}

/** Counts the same observation over many records, and reports it once. */
export interface Tally {
  note(severity: Severity, where: string, message: string): void;
  /** @param of what was looked at: `of 500 records` */
  findings(of: string): Finding[];
}

export function createTally(): Tally {
  const counts = new Map<string, { severity: Severity; where: string; message: string; count: number }>();
  return {
    note(severity, where, message) {
      const key = `${severity}\0${where}\0${message}`;
      const row = counts.get(key) ?? { severity, where, message, count: 0 };
      counts.set(key, { ...row, count: row.count + 1 });
    },
    findings: (of) =>
      [...counts.values()].map(({ severity, where, message, count }) => ({
        severity,
        where,
        message: `${message} (${count} ${of})`,
      })),
  };
}
