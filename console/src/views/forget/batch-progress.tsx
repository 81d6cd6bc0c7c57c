import { useQuery } from '@tanstack/react-query';
import type { Batch } from '../../api/types.ts';
import { Button, ButtonLink } from '../../base/button.tsx';
import { toCsv } from '../../base/csv.ts';
import { fileStamp, saveFile } from '../../base/files.ts';
import { Meter } from '../../base/meter.tsx';
import { Problem } from '../../base/notice.tsx';
import { Card, Facts } from '../../base/page.tsx';
import { plural } from '../../base/words.ts';
import { useClient } from '../../shell/session.tsx';
import styles from './forget.module.css';
import type { FileLine } from './read-numbers.ts';

interface BatchProgressProps {
  /** The lines that were sent, in their order. */
  readonly sent: readonly FileLine[];
  readonly batch: Batch;
  readonly account: string;
}

const isDone = ({ state }: Batch): boolean => state !== 'working';

/** How far a batch is, and its result as a file. The API stops after a while: the same list once more goes on where it stood. */
export function BatchProgress({ sent, batch, account }: BatchProgressProps) {
  const client = useClient();
  const { data = batch, error } = useQuery({
    queryKey: ['batch', batch.batch],
    queryFn: () =>
      client.call<Batch>('/gdpr/forget/batch', {
        method: 'POST',
        body: { numbers: sent.map(({ number }) => number) },
        account,
      }),
    enabled: !isDone(batch),
    refetchInterval: ({ state }) => (state.data && isDone(state.data) ? false : 1_000),
    gcTime: 0,
  });
  const { items } = data;
  const lines = data.lines ?? sent.length;
  const accepted = items.filter(({ state }) => state !== 'refused').length;
  const save = () => {
    const rows = items.map(({ line, state, reference, error: fault }) => {
      const from = sent[line - 1];
      return [from?.line ?? line, from?.written ?? '', state, reference ?? '', faultText(fault)];
    });
    const head = ['line', 'written', 'state', 'reference', 'error'];
    saveFile(`forget-${fileStamp(new Date())}.csv`, toCsv(head, rows), 'text/csv');
  };
  return (
    <Card className={styles.confirm}>
      <div aria-live="polite">
        <p className={styles.sentence}>
          {isDone(data)
            ? `${plural(accepted, 'number')} will be forgotten.`
            : `${items.length} of ${plural(lines, 'line')} sent.`}
        </p>
      </div>
      <Meter label={<span className="visually-hidden">Lines that were sent</span>} value={items.length} max={lines} />
      {error && <Problem error={error} />}
      <Facts
        items={{
          Accepted: accepted.toLocaleString('en-GB'),
          Refused: (items.length - accepted).toLocaleString('en-GB'),
          'Digest of the list': data.digest && <code>{data.digest}</code>,
        }}
      />
      <p className={styles.soft}>
        The result file holds the numbers as you wrote them: it is made from this page, and cannot be made again once
        you leave it.
      </p>
      <div className={styles.actions}>
        <Button kind="primary" icon="download" onClick={save} disabled={!isDone(data)}>
          Save the results
        </Button>
        <ButtonLink href="/requests">See them under Requests</ButtonLink>
      </div>
    </Card>
  );
}

function faultText(fault: Batch['items'][number]['error']): string {
  if (fault === undefined) return '';
  return typeof fault === 'string' ? fault : (fault.msg ?? String(fault.code ?? ''));
}
