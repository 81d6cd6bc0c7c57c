import type { ReactNode } from 'react';
import styles from './meter.module.css';

/** How much of something is done, and of what. */
export function Meter({ label, value, max }: { label: ReactNode; value: number; max: number }) {
  return (
    <label>
      {label}
      <progress className={styles.meter} value={value} max={max} />
    </label>
  );
}
