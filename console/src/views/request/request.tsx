import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { RequestDetail } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { Confirm } from '../../base/confirm.tsx';
import { Meter } from '../../base/meter.tsx';
import { Notice, Problem, Waiting } from '../../base/notice.tsx';
import { Card, Facts, Page, Section } from '../../base/page.tsx';
import { State } from '../../base/state.tsx';
import { Relative, Time, useNow } from '../../base/time.tsx';
import { useTell } from '../../base/toast.tsx';
import { listCounts, totalOf } from '../../base/words.ts';
import { useAccountName, useZone } from '../../shell/accounts.tsx';
import { useClient, useMay } from '../../shell/session.tsx';
import { explainWhy, tellRequest } from '../find/sentence.ts';
import { Due } from '../requests/columns.tsx';
import { profileWord } from '../requests/profiles.ts';
import { Attempts } from './attempts.tsx';
import { Evidence } from './evidence.tsx';
import styles from './request.module.css';
import { Timeline } from './timeline.tsx';

const ENDED = ['completed', 'cancelled'];

/** One request: what happened, what stands in the way, and what can be done. Live until it has ended. */
export function RequestView({ reference }: { reference: string }) {
  const client = useClient();
  const { data, error, refetch } = useQuery({
    queryKey: ['request', reference],
    queryFn: () => client.call<RequestDetail>(`/requests/${encodeURIComponent(reference)}`),
    refetchInterval: ({ state }) => (state.data && ENDED.includes(state.data.state) ? false : 5_000),
  });
  const name = useAccountName();
  const zone = useZone();
  const now = useNow();
  if (!data)
    return (
      <Page title="Request">
        {error ? <Missing error={error} again={() => void refetch()} /> : <Waiting lines={9} />}
      </Page>
    );
  const said = tellRequest(data, { zone, now });
  return (
    <Page title={`Request ${reference}`} lede={`${said.short} ${said.more}`} actions={<Acts request={data} />}>
      {error && <Problem error={error} />}
      <div className={styles.grid}>
        <div className={styles.stack}>
          <Card>
            <Section title="What happened">
              <Timeline request={data} />
            </Section>
          </Card>
          <Attempts request={data} />
        </div>
        <div className={styles.stack}>
          <Card>
            <Section title="Facts">
              <RequestFacts request={data} account={name(data.account)} />
            </Section>
          </Card>
          <Evidence request={data} />
        </div>
      </div>
    </Page>
  );
}

function RequestFacts({ request, account }: { request: RequestDetail; account: string }) {
  const { scan, lease } = request;
  const ended = ENDED.includes(request.state);
  return (
    <>
      <Facts
        items={{
          State: <State state={request.state} />,
          Number: request.masked,
          Account: account,
          Kind: profileWord(request.profile),
          Asked: <Time at={request.accepted_at} />,
          'Asked by': request.requested_by,
          'Promised by': <Time at={request.due_at} />,
          Due: ended ? undefined : <Due row={request} />,
          'Why it waits': request.why && explainWhy(request.why),
          'Waits until': !ended && request.until && <Time at={request.until} />,
          'Can be cancelled until': request.can?.cancel && request.grace_until && (
            <Time at={request.grace_until} exact />
          ),
          'Cancelled by': request.cancelled_by,
          'Next look': !ended && request.next_look_at && <Relative at={request.next_look_at} />,
          'Worked on by': lease?.holder,
          'Records erased': totalOf(request.erased).toLocaleString('en-GB'),
          Where: listCounts(request.erased),
        }}
      />
      {scan && scan.percent !== null && !ended && (
        <Meter label={`Read so far: ${Math.round(scan.percent)} %`} value={scan.percent} max={100} />
      )}
      {scan?.off && (
        <Notice kind="warn">The account's records are not read once more: what is told rests on look-ups alone.</Notice>
      )}
    </>
  );
}

function Acts({ request }: { request: RequestDetail }) {
  const client = useClient();
  const cache = useQueryClient();
  const tell = useTell();
  const may = useMay();
  const [asks, setAsks] = useState(false);
  const { reference, can } = request;
  const act = useMutation({
    mutationFn: (what: 'retry' | 'cancel') =>
      client.call<RequestDetail>(`/requests/${reference}/${what}`, { method: 'POST', account: request.account }),
    onSuccess: async (_answer, what) => {
      setAsks(false);
      tell(what === 'retry' ? 'It is tried again now.' : 'Cancelled. Nothing was erased.');
      await cache.invalidateQueries({ queryKey: ['request', reference] });
      await cache.invalidateQueries({ queryKey: ['requests'] });
    },
  });
  const copy = () => void navigator.clipboard?.writeText(reference).then(() => tell('The reference is copied.'));
  return (
    <>
      <Button icon="copy" onClick={copy}>
        Copy reference
      </Button>
      {may('forget') && can?.retry && (
        <Button kind="primary" busy={act.isPending} onClick={() => act.mutate('retry')}>
          Try again now
        </Button>
      )}
      {may('forget') && can?.cancel && (
        <Button kind="danger" onClick={() => setAsks(true)}>
          Cancel this request
        </Button>
      )}
      {act.isError && !asks && <Notice kind="bad">{(act.error as Error).message}</Notice>}
      {asks && (
        <Confirm
          title="Cancel this request?"
          lede="Nothing was erased yet, and nothing will be. The number is no longer suppressed because of this request. To forget it later, ask again."
          closeWord="Keep the request"
          actWord="Cancel the request"
          act={{ ...act, mutate: () => act.mutate('cancel') }}
          onClose={() => setAsks(false)}
        />
      )}
    </>
  );
}

function Missing({ error, again }: { error: unknown; again: () => void }) {
  if ((error as { status?: number }).status === 404)
    return (
      <Notice title="No such request">
        No account that you may see has a request with this reference. Check it letter by letter, or find the request by
        the number.
      </Notice>
    );
  return <Problem error={error} again={again} />;
}
