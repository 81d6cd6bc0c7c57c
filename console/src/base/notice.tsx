import type { ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { Button } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';
import styles from './notice.module.css';

const ICONS = { info: 'lens', good: 'circleCheck', warn: 'warning', bad: 'warning' } as const satisfies Record<
  string,
  IconName
>;

/** A word beside the matter at hand. `bad` and `warn` are read out at once. */
export function Notice({
  kind = 'info',
  title,
  children,
  actions,
}: {
  kind?: keyof typeof ICONS;
  title?: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={`${styles.notice} ${styles[kind]}`} role={kind === 'bad' ? 'alert' : 'status'}>
      <Icon name={ICONS[kind]} className={styles.sign} />
      <div className={styles.words}>
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
    </div>
  );
}

/** Nothing to show, and what to do about it. */
export function Empty({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <strong>{title}</strong>
      {children && <p>{children}</p>}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

/** Why something could not be shown or done, and the next step. */
export function Problem({ error, again }: { error: unknown; again?: (() => void) | undefined }) {
  const retry = again && <Button onClick={again}>Try again</Button>;
  if (error instanceof ApiError && error.status === 404 && isMissingRoute(error))
    return (
      <Notice kind="info" title="This installation does not serve this view">
        The console is newer than the API it talks to. The rest of the console works; ask an operator to upgrade the
        API.
      </Notice>
    );
  const message = error instanceof Error ? error.message : String(error);
  const title =
    error instanceof ApiError && error.status === 403
      ? 'Not allowed'
      : error instanceof ApiError && error.status === 0
        ? 'Lethe cannot be reached'
        : 'That did not work';
  return (
    <Notice kind="bad" title={title} actions={retry}>
      {message}
    </Notice>
  );
}

/** A route the API does not have answers with the table's own words, not with those of a missing request. */
const isMissingRoute = (error: ApiError): boolean => error.code === '404' && error.message === 'Not found';

/** Lines in the place of what is on its way, so that nothing jumps. */
export function Waiting({ lines = 3, label = 'Loading' }: { lines?: number; label?: string }) {
  return (
    <div className={styles.waiting} role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <span key={line} />
      ))}
    </div>
  );
}
