import { useState } from 'react';
import { Button } from '../../base/button.tsx';
import { Dialog } from '../../base/dialog.tsx';
import { SelectField, TextField } from '../../base/field.tsx';
import { Menu, MenuGroup, MenuItem, MenuLine } from '../../base/menu.tsx';
import { wordOf } from '../../base/state.tsx';
import {
  type Filters,
  isView,
  readFilters,
  readSaved,
  type SavedView,
  VIEWS,
  writeFilters,
  writeSaved,
} from './filters.ts';
import { PROFILES } from './profiles.ts';
import styles from './requests.module.css';

const STATES = ['accepted', 'sweeping', 'waiting', 'scanning', 'verifying', 'failed', 'completed', 'cancelled'];

interface FilterBarProps {
  readonly filters: Filters;
  readonly show: (filters: Filters) => void;
}

/** The usual views as tabs, and the filters behind them. A change goes back to the first page. */
export function FilterBar({ filters, show }: FilterBarProps) {
  const set = (name: keyof Filters, value: string) => show({ ...filters, [name]: value, cursor: '' });
  return (
    <div className={styles.filters}>
      <div className={styles.views}>
        {VIEWS.map((view) => (
          <button
            key={view.name}
            type="button"
            className={styles.view}
            aria-pressed={isView(filters, view.filters)}
            onClick={() => show(view.filters)}
          >
            {view.name}
          </button>
        ))}
        <Saved filters={filters} show={show} />
      </div>
      <div className={styles.fields}>
        <SelectField label="State" value={filters.state ?? ''} onChange={({ target }) => set('state', target.value)}>
          <option value="">{filters.sort === 'newest' ? 'Any' : 'Any that is open'}</option>
          {STATES.map((state) => (
            <option key={state} value={state}>
              {wordOf(state)}
            </option>
          ))}
        </SelectField>
        <SelectField label="Kind" value={filters.profile ?? ''} onChange={({ target }) => set('profile', target.value)}>
          <option value="">Any</option>
          {PROFILES.map(([profile, name]) => (
            <option key={profile} value={profile}>
              {name}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Accepted from"
          type="date"
          value={filters.from ?? ''}
          onChange={({ target }) => set('from', target.value)}
        />
        <TextField label="to" type="date" value={filters.to ?? ''} onChange={({ target }) => set('to', target.value)} />
      </div>
    </div>
  );
}

function Saved({ filters, show }: FilterBarProps) {
  const [saved, setSaved] = useState(readSaved);
  const [naming, setNaming] = useState(false);
  const keep = (views: readonly SavedView[]) => {
    writeSaved(views);
    setSaved(views);
  };
  const { cursor: _page, ...shown } = filters;
  return (
    <>
      <Menu label="My views" quiet>
        {saved.length > 0 && (
          <MenuGroup label="On this device">
            {saved.map(({ name, search }) => (
              <MenuItem key={name} onClick={() => show(readFilters(search))}>
                {name}
              </MenuItem>
            ))}
          </MenuGroup>
        )}
        <MenuItem onClick={() => setNaming(true)}>Save these filters …</MenuItem>
        {saved.length > 0 && (
          <>
            <MenuLine />
            <MenuGroup label="Remove">
              {saved.map(({ name }) => (
                <MenuItem key={name} onClick={() => keep(saved.filter((view) => view.name !== name))}>
                  Remove “{name}”
                </MenuItem>
              ))}
            </MenuGroup>
          </>
        )}
      </Menu>
      <NameView
        open={naming}
        onClose={() => setNaming(false)}
        onName={(name) => {
          keep([...saved.filter((view) => view.name !== name), { name, search: writeFilters(shown) }]);
          setNaming(false);
        }}
      />
    </>
  );
}

function NameView({ open, onClose, onName }: { open: boolean; onClose: () => void; onName: (name: string) => void }) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Save these filters"
      lede="Under a name, on this device. Write no phone number into it."
      actions={
        <Button kind="primary" type="submit" form="name-view">
          Save
        </Button>
      }
    >
      <form
        id="name-view"
        onSubmit={(event) => {
          event.preventDefault();
          const name = String(new FormData(event.currentTarget).get('name') ?? '').trim();
          if (name !== '') onName(name);
        }}
      >
        <TextField
          label="Name"
          name="name"
          maxLength={40}
          required
          pattern="(?!.*\d{6}).*"
          title="No phone number"
          autoComplete="off"
        />
      </form>
    </Dialog>
  );
}
