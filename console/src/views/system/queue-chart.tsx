import type { SystemState } from '../../api/types.ts';
import { spokenLength } from '../../base/times.ts';
import { plainName } from '../../base/words.ts';
import styles from './system.module.css';

/** A bar for each queue: what waits, what is under way, and the age of the oldest job. */
export function QueueChart({ queues }: { queues: SystemState['queues'] }) {
  const most = Math.max(1, ...queues.map(({ waiting, active, delayed }) => waiting + active + delayed));
  return (
    <ul className={styles.queues}>
      {queues.map(({ name, waiting, active, delayed, oldest_age_s: age }) => (
        <li key={name}>
          <span className={styles.queue}>{plainName(name)}</span>
          <svg viewBox="0 0 200 10" preserveAspectRatio="none" aria-hidden="true">
            <rect width="200" height="10" className={styles.track} />
            <rect width={(200 * active) / most} height="10" className={styles.active} />
            <rect
              x={(200 * active) / most}
              width={(200 * (waiting + delayed)) / most}
              height="10"
              className={styles.waiting}
            />
          </svg>
          <span className={styles.soft}>
            {waiting} waiting, {active} under way, {delayed} later
            {age ? `, oldest ${spokenLength(age * 1000)}` : ''}
          </span>
        </li>
      ))}
    </ul>
  );
}
