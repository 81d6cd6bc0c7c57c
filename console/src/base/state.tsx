import { Icon, type IconName } from './icon.tsx';
import styles from './state.module.css';

type Tone = 'good' | 'warn' | 'bad' | 'calm' | 'none';

interface StateLook {
  readonly word: string;
  readonly icon: IconName;
  readonly tone: Tone;
}

const LOOKS: Readonly<Record<string, StateLook>> = {
  accepted: { word: 'Accepted', icon: 'half', tone: 'calm' },
  held: { word: 'In its grace period', icon: 'pause', tone: 'warn' },
  grace: { word: 'In its grace period', icon: 'pause', tone: 'warn' },
  sweeping: { word: 'Erasing', icon: 'half', tone: 'calm' },
  waiting: { word: 'Waiting for messages', icon: 'clock', tone: 'warn' },
  scanning: { word: 'Reading all records', icon: 'lens', tone: 'calm' },
  verifying: { word: 'Checking', icon: 'lens', tone: 'calm' },
  completed: { word: 'Gone', icon: 'circleCheck', tone: 'good' },
  failed: { word: 'Failed, tried again', icon: 'warning', tone: 'bad' },
  cancelled: { word: 'Cancelled', icon: 'stop', tone: 'none' },
  overdue: { word: 'Overdue', icon: 'warning', tone: 'bad' },
  warning: { word: 'Warning', icon: 'warning', tone: 'warn' },
  on: { word: 'On', icon: 'check', tone: 'good' },
  off: { word: 'Off', icon: 'stop', tone: 'none' },
  redacted: { word: 'Redacted', icon: 'eraser', tone: 'none' },
  suppressed: { word: 'Suppressed', icon: 'shield', tone: 'calm' },
};

/** What a state is called for people. */
export const wordOf = (state: string): string => LOOKS[state]?.word ?? state.replaceAll('_', ' ');

/** A state: a drawing and a word, so that its colour says nothing alone. */
export function State({ state, word }: { state: string; word?: string }) {
  const look = LOOKS[state] ?? { word: wordOf(state), icon: 'question', tone: 'none' as const };
  return (
    <span className={`${styles.state} ${styles[look.tone]}`}>
      <Icon name={look.icon} />
      {word ?? look.word}
    </span>
  );
}
