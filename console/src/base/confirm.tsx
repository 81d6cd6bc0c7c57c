import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Problem } from './notice.tsx';

interface ConfirmProps {
  readonly title: string;
  /** What follows from it. */
  readonly lede: string;
  /** What closing it means. */
  readonly closeWord: string;
  readonly actWord: string;
  readonly act: {
    readonly isPending: boolean;
    readonly isError: boolean;
    readonly error: unknown;
    readonly mutate: () => void;
  };
  readonly onClose: () => void;
}

/** Asks before something is done that cannot be taken back; a refusal is shown in it. */
export function Confirm({ title, lede, closeWord, actWord, act, onClose }: ConfirmProps) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      lede={lede}
      closeWord={closeWord}
      actions={
        <Button kind="danger" busy={act.isPending} onClick={() => act.mutate()}>
          {actWord}
        </Button>
      }
    >
      {act.isError && <Problem error={act.error} />}
    </Dialog>
  );
}
