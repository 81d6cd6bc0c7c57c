import type { ReactNode } from 'react';
import { INTERACTION_KINDS } from '../../api/types.ts';
import { SelectField, TextField } from '../../base/field.tsx';
import { digitsOf } from '../find/understand.ts';
import bar from '../requests/requests.module.css';
import { KIND_WORDS } from './columns.tsx';
import styles from './interactions.module.css';

const FILTERS = ['kind', 'from', 'to', 'redacted', 'source', 'status', 'tag', 'cursor'] as const;
export type Filters = Partial<Record<(typeof FILTERS)[number], string>>;

/** The filters that are numbers. */
export interface Numbers {
  readonly contact: string;
  readonly tracking: string;
}

export function readFilters(search: string): Filters {
  const given = new URLSearchParams(search);
  return Object.fromEntries(FILTERS.flatMap((name) => (given.get(name) ? [[name, given.get(name)]] : [])));
}

/** What the API is asked. A tracking number may be a sender's name. */
export function bodyOf({ redacted, ...filters }: Filters, { contact, tracking }: Numbers): object {
  const isName = /[A-Za-z]/.test(tracking);
  return {
    limit: 50,
    ...filters,
    ...(redacted !== undefined && { redacted: redacted === 'true' }),
    ...(contact !== '' && { contact: digitsOf(contact) }),
    ...(tracking !== '' && { tracking_number: isName ? tracking : digitsOf(tracking) }),
  };
}

interface FilterLineProps {
  readonly filters: Filters;
  readonly show: (next: Filters) => void;
  readonly numbers: Numbers;
  readonly onNumbers: (next: Numbers) => void;
  readonly children: ReactNode;
}

/** Kinds as tabs, and what else the log can be asked. */
export function FilterLine({ filters, show, numbers, onNumbers, children }: FilterLineProps) {
  const set = (name: keyof Filters, value: string) => show({ ...filters, [name]: value, cursor: '' });
  const written = (name: 'source' | 'status' | 'tag', label: string) => (
    <Written
      key={`${name} ${filters[name] ?? ''}`}
      label={label}
      value={filters[name] ?? ''}
      onDone={(text) => set(name, text)}
    />
  );
  return (
    <div className={bar.filters}>
      <div className={bar.views}>
        <button type="button" className={bar.view} aria-pressed={!filters.kind} onClick={() => set('kind', '')}>
          All
        </button>
        {INTERACTION_KINDS.map((kind) => (
          <button
            key={kind}
            type="button"
            className={bar.view}
            aria-pressed={filters.kind === kind}
            onClick={() => set('kind', kind)}
          >
            {KIND_WORDS[kind]}s
          </button>
        ))}
      </div>
      <div className={bar.fields}>
        <Written
          label="Contact"
          value={numbers.contact}
          placeholder="447700 900123"
          onDone={(contact) => onNumbers({ ...numbers, contact })}
        />
        <Written
          label="Tracking number"
          value={numbers.tracking}
          onDone={(tracking) => onNumbers({ ...numbers, tracking })}
        />
        {written('source', 'Source')}
        {written('status', 'Status')}
        {written('tag', 'Tag')}
        <TextField
          label="From"
          type="date"
          value={filters.from ?? ''}
          onChange={({ target }) => set('from', target.value)}
        />
        <TextField label="to" type="date" value={filters.to ?? ''} onChange={({ target }) => set('to', target.value)} />
        <SelectField
          label="Redacted"
          value={filters.redacted ?? ''}
          onChange={({ target }) => set('redacted', target.value)}
        >
          <option value="">Any</option>
          <option value="false">Not redacted</option>
          <option value="true">Redacted</option>
        </SelectField>
        <div className={styles.columns}>{children}</div>
      </div>
    </div>
  );
}

interface WrittenProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly onDone: (text: string) => void;
}

/** A filter that is written: asked for when it is done, not with every letter. Each look at the log is audited. */
function Written({ label, value, placeholder, onDone }: WrittenProps) {
  return (
    <TextField
      label={label}
      defaultValue={value}
      placeholder={placeholder}
      maxLength={100}
      autoComplete="off"
      onBlur={({ target }) => target.value.trim() !== value && onDone(target.value.trim())}
      onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
    />
  );
}
