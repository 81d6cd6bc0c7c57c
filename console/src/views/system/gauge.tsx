import type { SystemState } from '../../api/types.ts';
import { Icon, type IconName } from '../../base/icon.tsx';
import styles from './system.module.css';

type Deadlines = NonNullable<SystemState['deadlines']>;

const PARTS = [
  { name: 'on_track', word: 'On track', icon: 'circleCheck', tone: styles.good },
  { name: 'due_soon', word: 'Due soon', icon: 'clock', tone: styles.warn },
  { name: 'overdue', word: 'Overdue', icon: 'warning', tone: styles.bad },
] as const satisfies readonly { name: keyof Deadlines; word: string; icon: IconName; tone: unknown }[];

/** How open requests stand to their deadlines: one bar, and the numbers. */
export function Gauge({ deadlines }: { deadlines: Deadlines }) {
  const total = PARTS.reduce((sum, { name }) => sum + deadlines[name], 0);
  let left = 0;
  return (
    <div className={styles.gauge}>
      <svg viewBox="0 0 300 12" preserveAspectRatio="none" aria-hidden="true">
        <rect width="300" height="12" className={styles.track} />
        {PARTS.map(({ name, tone }) => {
          const width = total === 0 ? 0 : (300 * deadlines[name]) / total;
          left += width;
          return <rect key={name} x={left - width} width={width} height="12" className={tone} />;
        })}
      </svg>
      <dl className={styles.parts}>
        {PARTS.map(({ name, word, icon }) => (
          <div key={name}>
            <dt>
              <Icon name={icon} /> {word}
            </dt>
            <dd>{deadlines[name].toLocaleString('en-GB')}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
