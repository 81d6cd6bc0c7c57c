import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import styles from './dialog.module.css';

/** A window over the view; Esc closes it, and the focus goes back to where it was. */
export function Dialog({
  open,
  onClose,
  title,
  lede,
  children,
  actions,
  closeWord = 'Close',
  wide = false,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  lede?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  /** What closing it means: `Keep it`, `Close`. */
  closeWord?: string;
  wide?: boolean;
}) {
  return (
    <Base.Root open={open} onOpenChange={(is) => !is && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup className={`${styles.popup} ${wide ? styles.wide : ''}`}>
          <Base.Title className={styles.title}>{title}</Base.Title>
          {lede && <Base.Description className={styles.lede}>{lede}</Base.Description>}
          {children && <div className={styles.body}>{children}</div>}
          <div className={styles.actions}>
            <Base.Close render={<Button />}>{closeWord}</Base.Close>
            {actions}
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
