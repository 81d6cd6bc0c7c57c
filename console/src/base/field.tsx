import { type ComponentProps, type ReactNode, useId } from 'react';
import styles from './field.module.css';

interface FieldProps {
  readonly label: ReactNode;
  /** What to write, or what follows from it. */
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
}

/** A labelled line to write into. Its error is read out with it. */
export function TextField({ label, hint, error, className, ...input }: FieldProps & ComponentProps<'input'>) {
  const id = useId();
  return (
    <div className={`${styles.field} ${className ?? ''}`}>
      <label htmlFor={id}>{label}</label>
      <input
        {...input}
        id={id}
        className={styles.input}
        aria-invalid={error ? true : undefined}
        aria-describedby={hint || error ? `${id}-more` : undefined}
      />
      <More id={`${id}-more`} hint={hint} error={error} />
    </div>
  );
}

/** A labelled choice of one of few. */
export function SelectField({
  label,
  hint,
  error,
  children,
  className,
  ...select
}: FieldProps & ComponentProps<'select'>) {
  const id = useId();
  return (
    <div className={`${styles.field} ${className ?? ''}`}>
      <label htmlFor={id}>{label}</label>
      <select {...select} id={id} className={styles.input} aria-describedby={hint || error ? `${id}-more` : undefined}>
        {children}
      </select>
      <More id={`${id}-more`} hint={hint} error={error} />
    </div>
  );
}

function More({ id, hint, error }: { id: string; hint?: ReactNode; error?: string | undefined }) {
  if (!hint && !error) return null;
  return (
    <div id={id} className={styles.more}>
      {error ? <span className={styles.error}>{error}</span> : hint}
    </div>
  );
}

/** A box to tick, with its words to the right. */
export function Tick({ label, hint, ...input }: FieldProps & ComponentProps<'input'>) {
  const id = useId();
  return (
    <div className={styles.tick}>
      <input {...input} type="checkbox" id={id} aria-describedby={hint ? `${id}-more` : undefined} />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint && (
          <div id={`${id}-more`} className={styles.more}>
            {hint}
          </div>
        )}
      </div>
    </div>
  );
}

/** A setting that is on or off, with what it does below its name. */
export function Toggle({ label, hint, ...input }: FieldProps & ComponentProps<'input'>) {
  const id = useId();
  return (
    <div className={styles.toggle}>
      <div>
        <label htmlFor={id}>{label}</label>
        {hint && (
          <div id={`${id}-more`} className={styles.more}>
            {hint}
          </div>
        )}
      </div>
      <input
        {...input}
        type="checkbox"
        role="switch"
        aria-checked={input.checked ?? false}
        id={id}
        aria-describedby={hint ? `${id}-more` : undefined}
        className={styles.switch}
      />
    </div>
  );
}
