import { type FormEvent, useState } from 'react';
import { ApiError } from '../api/client.ts';
import { Button } from '../base/button.tsx';
import { Dialog } from '../base/dialog.tsx';
import { TextField } from '../base/field.tsx';
import { Notice } from '../base/notice.tsx';
import { useTell } from '../base/toast.tsx';
import { useSession } from './session.tsx';
import styles from './sign-in.module.css';

/** The person's own password. */
export function ChangePassword({ onClose }: { onClose: () => void }) {
  const { changePassword } = useSession();
  const tell = useTell();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFault(undefined);
    try {
      await changePassword(String(form.get('current') ?? ''), String(form.get('password') ?? ''));
      tell('The password is changed. Other sessions have ended.');
      onClose();
    } catch (error) {
      const isWrong = error instanceof ApiError && error.code === 'invalid_sign_in';
      setFault(isWrong ? 'The current password is not right.' : (error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Change your password"
      lede="Your sessions on other devices end."
      closeWord="Keep the old one"
      actions={
        <Button kind="primary" type="submit" form="change-password" busy={busy}>
          Change the password
        </Button>
      }
    >
      <form id="change-password" className={styles.form} onSubmit={(event) => void onSubmit(event)}>
        {fault && <Notice kind="bad">{fault}</Notice>}
        <TextField label="Current password" name="current" type="password" autoComplete="current-password" required />
        <TextField label="New password" name="password" type="password" autoComplete="new-password" required />
      </form>
    </Dialog>
  );
}
