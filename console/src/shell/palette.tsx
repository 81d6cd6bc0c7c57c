import { Dialog as Base } from '@base-ui/react/dialog';
import { type KeyboardEvent, useId, useState } from 'react';
import { useLocation } from 'wouter';
import { Icon, type IconName } from '../base/icon.tsx';
import styles from './palette.module.css';
import { PLACES } from './places.ts';
import { useMay } from './session.tsx';

export interface PaletteAct {
  readonly name: string;
  readonly icon: IconName;
  readonly also: string;
  readonly act: () => void;
}

/** ctrl-K: a line to write into, and every view and act that fits. Numbers are not looked up here. */
export function Palette({ open, onClose, acts }: { open: boolean; onClose: () => void; acts: readonly PaletteAct[] }) {
  return (
    <Base.Root open={open} onOpenChange={(is) => !is && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup className={styles.popup}>
          <Base.Title className="visually-hidden">Go to</Base.Title>
          <Choices acts={acts} onDone={onClose} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

function Choices({ acts, onDone }: { acts: readonly PaletteAct[]; onDone: () => void }) {
  const may = useMay();
  const [, go] = useLocation();
  const [words, setWords] = useState('');
  const [at, setAt] = useState(0);
  const list = useId();
  const all: PaletteAct[] = [
    ...PLACES.flatMap(({ places }) =>
      places.filter(({ scope }) => may(scope)).map(({ path, ...place }) => ({ ...place, act: () => go(path) })),
    ),
    ...acts,
  ];
  const asked = words.trim().toLowerCase().split(/\s+/);
  const found = all.filter(({ name, also }) => asked.every((word) => `${name} ${also}`.toLowerCase().includes(word)));
  const choose = (choice: PaletteAct | undefined) => {
    if (!choice) return;
    onDone();
    choice.act();
  };
  const onKey = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by !== 0 && found.length > 0) setAt((at + by + found.length) % found.length);
    if (event.key === 'Enter') choose(found[at]);
    if (by !== 0 || event.key === 'Enter') event.preventDefault();
  };
  return (
    <>
      <input
        className={styles.line}
        // biome-ignore lint/a11y/noAutofocus: the window was opened to write into it
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found[at] ? `${list}-${at}` : undefined}
        aria-label="Go to a view, or do something"
        placeholder="Go to …"
        value={words}
        onChange={(event) => {
          setWords(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <div id={list} role="listbox" aria-label="Views and acts" className={styles.list}>
        {found.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the line above
          <div
            key={choice.name}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className={styles.choice}
            onClick={() => choose(choice)}
          >
            <Icon name={choice.icon} />
            {choice.name}
          </div>
        ))}
      </div>
      {found.length === 0 && <p className={styles.none}>Nothing is called so. Esc closes this.</p>}
    </>
  );
}
