import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import styles from './pick.module.css';
import type { Column } from './table.tsx';

interface PickOptions<Row> {
  readonly picked: ReadonlySet<string>;
  readonly onPick: (next: ReadonlySet<string>) => void;
  readonly rowKey: (row: Row) => string;
  /** What a row is called, for those who do not see it; null for one that cannot be chosen. */
  readonly nameOf: (row: Row) => string | null;
}

/** A column of boxes, to do something with several rows at once. */
export function pickColumn<Row>({ picked, onPick, rowKey, nameOf }: PickOptions<Row>): Column<Row> {
  return {
    id: 'pick',
    head: 'Choose',
    bare: true,
    right: true,
    cell: (row) => {
      const [name, key] = [nameOf(row), rowKey(row)];
      if (name === null) return null;
      return (
        <input
          type="checkbox"
          className={styles.pick}
          aria-label={`Choose ${name}`}
          checked={picked.has(key)}
          onChange={({ target }) => {
            const next = new Set(picked);
            if (target.checked) next.add(key);
            else next.delete(key);
            onPick(next);
          }}
        />
      );
    },
  };
}

/** What can be done with the rows that were chosen. @param onNone chooses none again; left out while none is */
export function PickBar({
  said,
  onNone,
  children,
}: {
  said: string;
  onNone?: (() => void) | undefined;
  children: ReactNode;
}) {
  return (
    <div className={styles.bar}>
      <span>{said}</span>
      {children}
      {onNone && (
        <Button kind="quiet" onClick={onNone}>
          Choose none
        </Button>
      )}
    </div>
  );
}
