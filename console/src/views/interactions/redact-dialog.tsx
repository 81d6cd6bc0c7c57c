import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Interaction } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { Dialog } from '../../base/dialog.tsx';
import { Tick } from '../../base/field.tsx';
import { Problem } from '../../base/notice.tsx';
import { useTell } from '../../base/toast.tsx';
import { useClient } from '../../shell/session.tsx';
import { KIND_WORDS } from './columns.tsx';
import styles from './interactions.module.css';

interface RedactDialogProps {
  readonly interaction: Interaction;
  readonly account: string;
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
}

/** The three boxes. Redact cannot be pressed before the third is ticked, and does nothing without one of the others. */
export function RedactDialog({ interaction, account, onClose, onDone }: RedactDialogProps) {
  const client = useClient();
  const tell = useTell();
  const [content, setContent] = useState(false);
  const [past, setPast] = useState(false);
  const [understood, setUnderstood] = useState(false);
  const { id, kind, direction } = interaction;
  const redact = useMutation({
    mutationFn: () =>
      client.call<{ reference?: string }>(`/accounts/${account}/interactions/${encodeURIComponent(id ?? '')}/redact`, {
        method: 'POST',
        account,
        query: { kind, direction: direction ?? undefined },
        body: { redact_content: content, redact_past: past, understood },
      }),
    onSuccess: async ({ reference }) => {
      tell(reference ? 'Redacted. Past activities are being redacted.' : 'Redacted.');
      await onDone();
    },
    gcTime: 0,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Redact this ${KIND_WORDS[kind].toLowerCase()}`}
      lede="Tracking number, source, time and status stay, for your reports. Everything about the person goes."
      closeWord="Change nothing"
      actions={
        <Button
          kind="danger"
          icon="flag"
          busy={redact.isPending}
          disabled={!understood || !(content || past)}
          onClick={() => redact.mutate()}
        >
          Redact
        </Button>
      }
    >
      <div className={styles.boxes}>
        <Tick
          label="Redact content of this activity"
          checked={content}
          onChange={({ target }) => setContent(target.checked)}
        />
        <Tick
          label="Redact past activities from this contact"
          hint="Every earlier call, text, chat and form with the same number."
          checked={past}
          onChange={({ target }) => setPast(target.checked)}
        />
        <Tick
          label="I understand that redacted data cannot be recovered"
          hint="What was already sent in notifications, or to other systems, is not redacted there."
          checked={understood}
          onChange={({ target }) => setUnderstood(target.checked)}
        />
        {redact.isError && <Problem error={redact.error} />}
      </div>
    </Dialog>
  );
}
