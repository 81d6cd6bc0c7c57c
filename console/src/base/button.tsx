import type { ComponentProps } from 'react';
import { Link } from 'wouter';
import styles from './button.module.css';
import { Icon, type IconName } from './icon.tsx';

type Kind = 'primary' | 'plain' | 'quiet' | 'danger';

interface Look {
  readonly kind?: Kind;
  readonly icon?: IconName | undefined;
}

/** @param busy what it does is under way: it keeps its place and its width, and cannot be pressed again */
export function Button({
  kind = 'plain',
  icon,
  busy = false,
  className,
  children,
  disabled,
  type = 'button',
  ...rest
}: ComponentProps<'button'> & Look & { readonly busy?: boolean }) {
  return (
    <button
      {...rest}
      type={type}
      className={`${styles.button} ${styles[kind]} ${className ?? ''}`}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A link to another view that looks like a button. */
export function ButtonLink({
  kind = 'plain',
  icon,
  href,
  children,
}: Look & { href: string; children: React.ReactNode }) {
  return (
    <Link href={href} className={`${styles.button} ${styles[kind]}`}>
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  );
}

/** A link out of the console that looks like a button. */
export function ButtonAnchor(props: ComponentProps<'a'>) {
  return <a {...props} className={`${styles.button} ${styles.plain}`} />;
}
