import { useLocation } from 'wouter';
import type { NumberStatus, RequestDetail, StatusByDate, StatusRequest } from '../../api/types.ts';
import { Button, ButtonLink } from '../../base/button.tsx';
import { Empty, Notice } from '../../base/notice.tsx';
import { Card, Facts, Section } from '../../base/page.tsx';
import { State } from '../../base/state.tsx';
import { type Column, Table } from '../../base/table.tsx';
import { Time, useNow } from '../../base/time.tsx';
import { shortDay } from '../../base/times.ts';
import { countryName, listCounts, plural, totalOf } from '../../base/words.ts';
import { useZone } from '../../shell/accounts.tsx';
import { useCarried } from '../../shell/carried.tsx';
import { useMay } from '../../shell/session.tsx';
import { Reference } from '../request/reference.tsx';
import styles from './find.module.css';
import { type Sentence, tellNumber, tellRequest } from './sentence.ts';

function Said({ sentence }: { sentence: Sentence }) {
  return (
    <div className={styles.said}>
      <p className={styles.sentence}>{sentence.short}</p>
      <p className={styles.more}>{sentence.more}</p>
    </div>
  );
}

/** What becomes of one number. */
export function NumberAnswer({ number, status }: { number: string; status: NumberStatus }) {
  const zone = useZone();
  const now = useNow();
  const may = useMay();
  const carried = useCarried();
  const [, go] = useLocation();
  const goWith = (path: string) => {
    carried.put(number);
    go(path);
  };
  const { number_read: read, state, suppressed, reference } = status;
  const sentence = tellNumber(status, { zone, now });
  return (
    <Card className={styles.card}>
      {read && (
        <p className={styles.read}>
          {read.international}
          {read.country && `, ${countryName(read.country)}`}
        </p>
      )}
      <Said sentence={sentence} />
      {status.held_again && (
        <Notice kind="warn">
          Since then something new has come on record about it. Forget it again if that was not wanted.
        </Notice>
      )}
      <Facts
        items={{
          State: state === 'never_asked' ? undefined : <State state={sentence.state} />,
          'Written to?': suppressed ? (
            <State state="suppressed" word="No: it is suppressed" />
          ) : (
            'Yes, it is not suppressed'
          ),
          Reference: reference && <Reference of={reference} />,
          Asked: status.accepted_at && <Time at={status.accepted_at} />,
          'Promised by': status.due_at && !status.completed_at && <Time at={status.due_at} />,
          Erased: listCounts(status.erased),
        }}
      />
      <div className={styles.actions}>
        {reference && <ButtonLink href={`/requests/${reference}`}>Open the request</ButtonLink>}
        {may('forget') && (state === 'never_asked' || state === 'gone') && (
          <Button icon="eraser" onClick={() => goWith('/forget')}>
            {state === 'gone' ? 'Forget it again' : 'Forget this number'}
          </Button>
        )}
        {may('access') && (
          <Button icon="folder" onClick={() => goWith('/access')}>
            See what is held
          </Button>
        )}
      </div>
    </Card>
  );
}

/** What became of one request. */
export function ReferenceAnswer({ request }: { request: RequestDetail }) {
  const zone = useZone();
  const now = useNow();
  return (
    <Card className={styles.card}>
      <p className={styles.read}>Request {request.reference}</p>
      <Said sentence={tellRequest(request, { zone, now })} />
      <Facts
        items={{
          State: <State state={request.state} />,
          Asked: <Time at={request.accepted_at} />,
          Erased: listCounts(request.erased),
        }}
      />
      <div className={styles.actions}>
        <ButtonLink href={`/requests/${request.reference}`} kind="primary">
          Open the request
        </ButtonLink>
      </div>
    </Card>
  );
}

const iso = (seconds: number | null | undefined): string | null =>
  seconds === null || seconds === undefined ? null : new Date(seconds * 1000).toISOString();

const COLUMNS: readonly Column<StatusRequest>[] = [
  { id: 'reference', head: 'Reference', names: true, cell: ({ reference }) => <Reference of={reference} /> },
  { id: 'state', head: 'State', cell: ({ state }) => <State state={state} /> },
  { id: 'asked', head: 'Asked', cell: ({ created_at }) => <Time at={iso(created_at)} /> },
  { id: 'done', head: 'Gone since', cell: ({ completed_at }) => <Time at={iso(completed_at)} /> },
  { id: 'erased', head: 'Records erased', right: true, cell: ({ erased }) => totalOf(erased).toLocaleString('en-GB') },
];

/** The requests of a day or of several, and which days these were. */
export function DaysAnswer({ words, found }: { words: string; found: StatusByDate }) {
  const { from, to } = found.searched ?? { from: found.from ?? found.day, to: found.to ?? found.day };
  const span = from && to && from !== to ? `${shortDay(from)} to ${shortDay(to)}` : from ? shortDay(from) : words;
  const { requests, total } = found;
  return (
    <Section
      title={`${plural(total, 'request')} from ${span}`}
      note={
        total > requests.length
          ? `The newest ${requests.length} are shown. The rest: Requests, filtered by these days.`
          : undefined
      }
    >
      <Table
        label="Requests of these days"
        columns={COLUMNS}
        rows={requests}
        rowKey={({ reference }) => reference}
        empty={<Empty title="No request on these days">Try a longer time, such as “last month”.</Empty>}
      />
    </Section>
  );
}
