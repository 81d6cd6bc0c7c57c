import { Button } from '../../base/button.tsx';
import { Dialog } from '../../base/dialog.tsx';
import { useTell } from '../../base/toast.tsx';
import styles from './system.module.css';

interface OnceProps {
  readonly title: string;
  readonly lede: string;
  readonly secrets: Readonly<Record<string, string | undefined>>;
  readonly onClose: () => void;
}

/** What is shown once: it is nowhere else, and gone with this window. */
export function Once({ title, lede, secrets, onClose }: OnceProps) {
  const tell = useTell();
  const shown = Object.entries(secrets).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return (
    <Dialog open onClose={onClose} title={title} lede={lede} closeWord="I have kept it" wide>
      {shown.map(([name, secret]) => (
        <div key={name} className={styles.once}>
          <h3>{name}</h3>
          <p className={styles.secret}>{secret}</p>
          <div>
            <Button icon="copy" onClick={() => void navigator.clipboard?.writeText(secret).then(() => tell('Copied.'))}>
              Copy
            </Button>
          </div>
        </div>
      ))}
    </Dialog>
  );
}
