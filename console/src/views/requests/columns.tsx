import type { RequestItem } from '../../api/types.ts';
import { Icon } from '../../base/icon.tsx';
import { State, wordOf } from '../../base/state.tsx';
import type { Column } from '../../base/table.tsx';
import { Time, useNow } from '../../base/time.tsx';
import { relativeMoment, spokenLength, utcMoment } from '../../base/times.ts';
import { listCounts, plainName, plural, totalOf } from '../../base/words.ts';
import { explainWhy } from '../find/sentence.ts';
import { Reference } from '../request/reference.tsx';
import styles from './requests.module.css';

/** A column, and the same as text: the file holds what the table shows. */
export interface RequestColumn extends Column<RequestItem> {
  readonly text: (row: RequestItem, now: Date) => string | number;
}

const whyOf = ({ why, failed }: RequestItem): string => {
  if (why) return explainWhy(why);
  return failed ? `${plainName(failed.code)}${failed.where ? ` (${failed.where})` : ''}` : '';
};

const ended = ({ state }: RequestItem): boolean => state === 'completed' || state === 'cancelled';

function dueText(row: RequestItem, now: Date): string {
  if (ended(row)) return '';
  const late = now.getTime() - new Date(row.due_at).getTime();
  return late > 0 ? `${spokenLength(late)} overdue` : relativeMoment(row.due_at, now);
}

/** How long there is still, or how long it is overdue. */
export function Due({ row }: { row: RequestItem }) {
  const now = useNow();
  if (ended(row)) return <span>–</span>;
  const text = dueText(row, now);
  const overdue = text.endsWith('overdue');
  return (
    <time dateTime={row.due_at} title={utcMoment(row.due_at)} className={overdue ? styles.overdue : undefined}>
      {overdue && <Icon name="warning" />}
      {text}
    </time>
  );
}

/** Two lines of it; the pointer, and the request itself, have all. */
function Why({ row }: { row: RequestItem }) {
  const why = whyOf(row);
  return why === '' ? (
    '–'
  ) : (
    <span className={styles.why} title={why}>
      {why}
    </span>
  );
}

/** The columns of the table. @param account the account's name, where several are shown */
export function requestColumns(account: ((id: string) => string) | null): readonly RequestColumn[] {
  return [
    {
      id: 'reference',
      head: 'Reference',
      names: true,
      cell: ({ reference }) => <Reference of={reference} />,
      text: ({ reference }) => reference,
    },
    ...(account
      ? [
          {
            id: 'account',
            head: 'Account',
            cell: (row: RequestItem) => account(row.account),
            text: (row: RequestItem) => account(row.account),
          },
        ]
      : []),
    {
      id: 'number',
      head: 'Number',
      cell: ({ masked }) => (masked ? <span className={styles.masked}>{masked}</span> : '–'),
      text: ({ masked }) => masked ?? '',
    },
    { id: 'state', head: 'State', cell: ({ state }) => <State state={state} />, text: ({ state }) => wordOf(state) },
    {
      id: 'accepted',
      head: 'Accepted',
      cell: ({ accepted_at }) => <Time at={accepted_at} />,
      text: ({ accepted_at }) => utcMoment(accepted_at),
    },
    { id: 'due', head: 'Due', cell: (row) => <Due row={row} />, text: dueText },
    {
      id: 'erased',
      head: 'Erased',
      right: true,
      cell: ({ erased }) => <span title={listCounts(erased)}>{totalOf(erased).toLocaleString('en-GB')}</span>,
      text: ({ erased }) => totalOf(erased),
    },
    { id: 'why', head: 'Why', wide: true, cell: (row) => <Why row={row} />, text: whyOf },
  ];
}

/** `3 chosen`, for the bar above the table. */
export const tellChosen = (count: number): string => `${plural(count, 'request')} chosen`;
