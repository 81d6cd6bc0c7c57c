import { Link } from 'wouter';
import styles from './request.module.css';

/** A reference that leads to its request. */
export function Reference({ of }: { of: string }) {
  return (
    <Link href={`/requests/${of}`} className={styles.reference}>
      {of}
    </Link>
  );
}
