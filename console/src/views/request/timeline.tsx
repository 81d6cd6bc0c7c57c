import type { RequestDetail } from '../../api/types.ts';
import { Icon, type IconName } from '../../base/icon.tsx';
import { Time } from '../../base/time.tsx';
import { plainName } from '../../base/words.ts';
import styles from './request.module.css';

/** What is under way has no time yet. */
type Step = Partial<RequestDetail['timeline'][number]> & { readonly what: string };

const STEPS: Readonly<Record<string, { readonly word: string; readonly icon: IconName }>> = {
  accepted: { word: 'Accepted', icon: 'check' },
  suppressed: { word: 'Suppressed: nothing more is sent to the number', icon: 'shield' },
  grace: { word: 'Grace period: it may still be cancelled', icon: 'pause' },
  held: { word: 'Grace period: it may still be cancelled', icon: 'pause' },
  begun: { word: 'A worker has begun', icon: 'eraser' },
  sweeping: { word: 'Records are found and erased', icon: 'eraser' },
  swept: { word: 'Records erased', icon: 'eraser' },
  waiting: { word: 'Waits for scheduled messages', icon: 'clock' },
  waits: { word: 'Waits for scheduled messages', icon: 'clock' },
  scanning: { word: 'All records are read once more', icon: 'lens' },
  scanned: { word: 'All records were read once more', icon: 'lens' },
  verifying: { word: 'Looks whether anything is left', icon: 'lens' },
  verified: { word: 'Nothing is left', icon: 'lens' },
  completed: { word: 'Gone', icon: 'circleCheck' },
  done: { word: 'Gone', icon: 'circleCheck' },
  failed: { word: 'Failed; it is tried again', icon: 'warning' },
  retried: { word: 'Tried again by hand', icon: 'half' },
  cancelled: { word: 'Cancelled', icon: 'stop' },
};

/** What happened to a request, in its order; what is under way or to come has no time yet. */
export function Timeline({ request }: { request: RequestDetail }) {
  const steps = stepsOf(request);
  return (
    <ol className={styles.timeline}>
      {steps.map((step, index) => {
        const look = STEPS[step.what];
        const tone = step.what === 'failed' ? styles.bad : step.at ? '' : styles.open;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added, at the end
          <li key={index} className={tone}>
            <span className={styles.dot}>
              <Icon name={look?.icon ?? 'half'} />
            </span>
            <div>
              <p className={styles.what}>{look?.word ?? sentenceCase(step.what)}</p>
              {step.detail && <p>{step.detail}</p>}
              <p className={styles.when}>
                {step.at ? <Time at={step.at} exact /> : step.what === request.state ? 'Now' : 'Not yet'}
              </p>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

const sentenceCase = (name: string): string => {
  const text = plainName(name);
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
};

/** What the ledger tells, and what is going on now as the last step. */
function stepsOf(request: RequestDetail): readonly Step[] {
  const { timeline, state } = request;
  const ended = state === 'completed' || state === 'cancelled';
  const last = timeline.at(-1)?.what;
  return ended || last === state ? timeline : [...timeline, { what: state }];
}
