import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Interaction, PastCounts } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { Dialog } from '../../base/dialog.tsx';
import { Tick } from '../../base/field.tsx';
import { Notice, Problem } from '../../base/notice.tsx';
import { useTell } from '../../base/toast.tsx';
import { listCounts, plural, totalOf } from '../../base/words.ts';
import { useClient } from '../../shell/session.tsx';
import { KIND_WORDS } from './columns.tsx';
import styles from './interactions.module.css';
import { newestOfEach, oldestFirst, pathOf } from './redact-order.ts';

interface RedactDialogProps {
  /** One, or several that were chosen. */
  readonly interactions: readonly Interaction[];
  readonly account: string;
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
}

/** The three boxes. Redact cannot be pressed before the third is ticked, and does nothing without one of the others. */
export function RedactDialog({ interactions, account, onClose, onDone }: RedactDialogProps) {
  const tell = useTell();
  const [content, setContent] = useState(false);
  const [past, setPast] = useState(false);
  const [understood, setUnderstood] = useState(false);
  const several = interactions.length > 1;
  const redact = useRedact(interactions, account, { content, past });
  const tellDone = async ({ done, left }: { done: number; left: readonly string[] }) => {
    if (left.length > 0) return;
    tell(
      `${several ? `${plural(done, 'activity', 'activities')} redacted.` : 'Redacted.'}${past ? ' Past activities are being redacted.' : ''}`,
    );
    await onDone();
  };
  const [first] = interactions;
  const thing =
    several || !first
      ? plural(interactions.length, 'activity', 'activities')
      : `this ${KIND_WORDS[first.kind].toLowerCase()}`;
  return (
    <Dialog
      open
      onClose={() => (redact.isSuccess ? void onDone() : onClose())}
      title={`Redact ${thing}`}
      lede="Tracking number, source, time and status stay, for your reports. Everything about the person goes."
      closeWord={redact.isSuccess ? 'Close' : 'Change nothing'}
      actions={
        !redact.isSuccess && (
          <Button
            kind="danger"
            icon="flag"
            busy={redact.isPending}
            disabled={!understood || !(content || past)}
            onClick={() => redact.mutate(undefined, { onSuccess: (done) => void tellDone(done) })}
          >
            Redact
          </Button>
        )
      }
    >
      <div className={styles.boxes}>
        <Tick
          label={several ? 'Redact content of these activities' : 'Redact content of this activity'}
          checked={content}
          onChange={({ target }) => setContent(target.checked)}
        />
        <Tick
          label={several ? 'Redact past activities from these contacts' : 'Redact past activities from this contact'}
          hint={<PastHint interactions={interactions} account={account} asked={past || !several} />}
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
        {redact.data && redact.data.left.length > 0 && (
          <Notice kind="bad" title={`${redact.data.done} redacted, ${redact.data.left.length} not`}>
            {[...new Set(redact.data.left)].join(' ')}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}

/** How many past activities it will take, by the same search. */
function PastHint({
  interactions,
  account,
  asked,
}: {
  interactions: readonly Interaction[];
  account: string;
  asked: boolean;
}) {
  const client = useClient();
  const { data, error } = useQuery({
    queryKey: ['past', account, interactions.map(({ id }) => id)],
    queryFn: async ({ signal }) => {
      const counts: Record<string, number> = {};
      // One after the other: each is a search of its own.
      for (const { path, query } of newestOfEach(interactions).map((one) => pathOf(account, one, 'past'))) {
        const found = await client.call<PastCounts>(path, { query, account, signal });
        for (const [name, count] of Object.entries(found.counts)) counts[name] = (counts[name] ?? 0) + count;
      }
      return counts;
    },
    enabled: asked,
    retry: false,
    gcTime: 0,
  });
  const what = 'Every earlier call, text, chat and form with the same number.';
  if (error) return <>{`${what} ${error.message}`}</>;
  if (!asked) return <>{what}</>;
  if (!data) return <>{`${what} Counting …`}</>;
  return totalOf(data) === 0 ? (
    <>There is no earlier one with the same number.</>
  ) : (
    <>
      {what} That takes <strong>{plural(totalOf(data), 'activity', 'activities')}</strong>: {listCounts(data)}.
    </>
  );
}

/** @returns redacts all of them, and says how many it did and why others were left */
function useRedact(
  interactions: readonly Interaction[],
  account: string,
  { content, past }: { readonly content: boolean; readonly past: boolean },
) {
  const client = useClient();
  return useMutation({
    mutationFn: async () => {
      const withPast = past ? newestOfEach(interactions) : [];
      const left: string[] = [];
      let done = 0;
      for (const one of oldestFirst(interactions)) {
        const redact_past = withPast.includes(one);
        if (!content && !redact_past) continue;
        const { path, query } = pathOf(account, one, 'redact');
        const body = { redact_content: content, redact_past, understood: true };
        try {
          await client.call(path, { method: 'POST', account, query, body });
          done += 1;
        } catch (error) {
          if (interactions.length === 1) throw error;
          left.push((error as Error).message);
        }
      }
      return { done, left };
    },
    gcTime: 0,
  });
}
