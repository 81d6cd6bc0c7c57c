import { useMutation, useQuery } from '@tanstack/react-query';
import type { RequestDetail } from '../../api/types.ts';
import { Button, ButtonLink } from '../../base/button.tsx';
import { Problem, Waiting } from '../../base/notice.tsx';
import { Card, Facts } from '../../base/page.tsx';
import { State } from '../../base/state.tsx';
import { Time, useNow } from '../../base/time.tsx';
import { relativeMoment } from '../../base/times.ts';
import { listCounts } from '../../base/words.ts';
import { useZone } from '../../shell/accounts.tsx';
import { useClient } from '../../shell/session.tsx';
import { tellRequest } from '../find/sentence.ts';
import { Reference } from '../request/reference.tsx';
import styles from './forget.module.css';

const ENDED = ['completed', 'cancelled'];

/** A request that was just made: its grace period with Cancel, then how it goes on. */
export function Underway({ reference, account, onAgain }: { reference: string; account: string; onAgain: () => void }) {
  const client = useClient();
  const zone = useZone();
  const now = useNow();
  const { data, error, refetch } = useQuery({
    queryKey: ['request', reference],
    queryFn: () => client.call<RequestDetail>(`/requests/${reference}`, { account }),
    refetchInterval: ({ state }) => (state.data && ENDED.includes(state.data.state) ? false : 2_000),
  });
  const cancel = useMutation({
    mutationFn: () => client.call(`/requests/${reference}/cancel`, { method: 'POST', account }),
    onSettled: () => refetch(),
  });
  const said = data && tellRequest(data, { zone, now });
  const until = data?.can?.cancel ? data.grace_until : undefined;
  return (
    <Card className={styles.confirm}>
      {!data && !error && <Waiting lines={4} />}
      {error && <Problem error={error} again={() => void refetch()} />}
      <div aria-live="polite" className={styles.form}>
        {said && <p className={styles.sentence}>{said.short}</p>}
        {said && <p className={styles.soft}>{said.more}</p>}
      </div>
      {until && <p>Erasing begins {relativeMoment(until, now)}.</p>}
      <Facts
        items={{
          Reference: <Reference of={reference} />,
          State: data && <State state={data.state} />,
          'Promised by': data && !ENDED.includes(data.state) && <Time at={data.due_at} />,
          Erased: listCounts(data?.erased),
        }}
      />
      {cancel.isError && <Problem error={cancel.error} />}
      <div className={styles.actions}>
        {data?.can?.cancel && (
          <Button kind="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel: do not forget it
          </Button>
        )}
        <ButtonLink href={`/requests/${reference}`}>Open the request</ButtonLink>
        <Button onClick={onAgain}>Forget another number</Button>
      </div>
    </Card>
  );
}
