import type { Interaction, InteractionKind } from '../../api/types.ts';
import { Icon, type IconName } from '../../base/icon.tsx';
import { State } from '../../base/state.tsx';
import type { Column } from '../../base/table.tsx';
import { Time } from '../../base/time.tsx';
import { showValue } from '../../base/words.ts';
import styles from './interactions.module.css';

export const KIND_WORDS: Readonly<Record<InteractionKind, string>> = {
  call: 'Call',
  text: 'Text',
  chat: 'Chat',
  form: 'Form',
};

const KIND_ICONS: Readonly<Record<InteractionKind, IconName>> = {
  call: 'phone',
  text: 'text',
  chat: 'chat',
  form: 'form',
};

const NAMES = ['caller_name', 'name', 'contact_name'];

const personal = ({ personal: fields }: Interaction, names: readonly string[]): string => {
  const found = names.map((name) => fields[name]).find((value) => value !== null && value !== undefined);
  return found === undefined ? '' : showValue(found);
};

/** The columns of the log; the person chooses among them. */
export function interactionColumns(): readonly Column<Interaction>[] {
  return [
    {
      id: 'at',
      head: 'Time',
      names: true,
      cell: ({ at }) => <Time at={at} />,
    },
    {
      id: 'kind',
      head: 'Kind',
      cell: ({ kind, direction }) => (
        <span className={styles.kind}>
          <Icon name={KIND_ICONS[kind]} />
          {KIND_WORDS[kind]}
          {direction && <span className={styles.soft}>{direction === 'inbound' ? 'in' : 'out'}</span>}
        </span>
      ),
    },
    {
      id: 'contact',
      head: 'Contact',
      wide: true,
      cell: (row) => (row.redacted ? <State state="redacted" /> : <Contact row={row} />),
    },
    { id: 'tracking', head: 'Tracking number', cell: ({ tracking_number }) => tracking_number ?? '–' },
    { id: 'source', head: 'Source', cell: ({ source }) => source ?? '–' },
    { id: 'status', head: 'Status', cell: ({ status }) => status ?? '–' },
    { id: 'tags', head: 'Tags', cell: (row) => personal(row, ['tags']) || '–' },
  ];
}

function Contact({ row }: { row: Interaction }) {
  const name = personal(row, NAMES);
  return (
    <span className={styles.contact}>
      {name && <span>{name}</span>}
      <span className={name ? styles.soft : undefined}>{row.contact_number ?? 'No number'}</span>
    </span>
  );
}
