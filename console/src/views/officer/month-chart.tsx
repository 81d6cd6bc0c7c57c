import type { MonthFigures } from '../../api/types.ts';
import { shortDay } from '../../base/times.ts';
import styles from './figures.module.css';

const WIDTH = 900;
const HEIGHT = 200;
const FOOT = 24;
const HEAD = 20;

/** Received and done on each day: two bars a day, told apart by fill and pattern; the numbers stand in a table below. */
export function MonthChart({ days }: { days: MonthFigures['by_day'] }) {
  const most = Math.max(1, ...days.flatMap(({ received, completed }) => [received, completed]));
  const step = WIDTH / Math.max(1, days.length);
  const bar = Math.min(12, step / 2 - 2);
  const rise = (count: number) => ((HEIGHT - FOOT - HEAD) * count) / most;
  return (
    <figure className={styles.chart}>
      <figcaption className={styles.legend}>
        <span className={styles.received}>Received</span>
        <span className={styles.done}>Done</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Requests of each day, at most ${most}. The numbers follow as a table.`}
      >
        <line x1="0" y1={HEIGHT - FOOT} x2={WIDTH} y2={HEIGHT - FOOT} className={styles.axis} />
        <text x="0" y="12" className={styles.tick}>
          {most}
        </text>
        {days.map(({ day, received, completed }, index) => {
          const middle = step * (index + 0.5);
          return (
            <g key={day}>
              <title>{`${shortDay(day)}: ${received} received, ${completed} done`}</title>
              <rect
                x={middle - bar - 1}
                y={HEIGHT - FOOT - rise(received)}
                width={bar}
                height={rise(received)}
                className={styles.barReceived}
              />
              <rect
                x={middle + 1}
                y={HEIGHT - FOOT - rise(completed)}
                width={bar}
                height={rise(completed)}
                className={styles.barDone}
              />
              {(index === 0 || (index + 1) % 5 === 0) && (
                <text x={middle} y={HEIGHT - 6} textAnchor="middle" className={styles.tick}>
                  {Number(day.slice(8, 10))}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <details>
        <summary>As a table</summary>
        <table className={styles.numbers}>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Received</th>
              <th scope="col">Done</th>
            </tr>
          </thead>
          <tbody>
            {days.map(({ day, received, completed }) => (
              <tr key={day}>
                <th scope="row">{shortDay(day)}</th>
                <td>{received}</td>
                <td>{completed}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
