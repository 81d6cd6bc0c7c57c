import { type ReactNode, useCallback, useState } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../base/button.tsx';
import { Icon, Mark } from '../base/icon.tsx';
import { Menu, MenuCheck, MenuGroup, MenuItem, MenuLine } from '../base/menu.tsx';
import { AccountPicker } from './account-picker.tsx';
import { ChangePassword } from './change-password.tsx';
import { KeyHelp } from './help.tsx';
import { useKeys } from './keys.ts';
import { Navigation } from './navigation.tsx';
import { Palette } from './palette.tsx';
import { useSession } from './session.tsx';
import styles from './shell.module.css';
import { THEMES, useTheme } from './theme.ts';

/** What is around every view: navigation, account, person, and the word when the API is away. */
export function Shell({ children }: { children: ReactNode }) {
  const { session, away, signOut } = useSession();
  const [location, go] = useLocation();
  const [theme, setTheme] = useTheme();
  const [open, setOpen] = useState<'palette' | 'help' | 'menu' | 'password' | null>(null);
  const close = useCallback(() => setOpen(null), []);
  const focusSearch = useCallback(() => {
    if (location !== '/') go('/');
    // The view of the box is there with the next frame.
    requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-search]')?.focus());
  }, [location, go]);
  const openPalette = useCallback(() => setOpen('palette'), []);
  const openHelp = useCallback(() => setOpen('help'), []);
  useKeys({ focusSearch, openPalette, openHelp });
  const user = session?.user;

  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#matter">
        Skip to the matter
      </a>
      <aside className={styles.side} aria-label="Lethe">
        <div className={styles.brand}>
          <Mark />
          <span>Lethe</span>
        </div>
        <Navigation />
        <p className={styles.hint}>
          <kbd>/</kbd> find, <kbd>?</kbd> all keys
        </p>
      </aside>
      <div className={styles.main}>
        <header className={styles.top}>
          <Button
            kind="quiet"
            icon={open === 'menu' ? 'close' : 'menu'}
            className={styles.burger}
            aria-expanded={open === 'menu'}
            onClick={() => setOpen(open === 'menu' ? null : 'menu')}
          >
            <span className="visually-hidden">Views</span>
          </Button>
          <AccountPicker />
          <span className={styles.space} />
          <Menu label={user?.name ?? ''} quiet>
            <MenuGroup label={`${user?.email ?? ''} · ${user?.role ?? ''}`}>
              <MenuItem onClick={openHelp}>Keys</MenuItem>
              <MenuItem onClick={() => setOpen('password')}>Change password …</MenuItem>
            </MenuGroup>
            <MenuLine />
            <MenuGroup label="Appearance">
              {THEMES.map((one) => (
                <MenuCheck key={one} checked={theme === one} onChange={() => setTheme(one)}>
                  {`${one[0]?.toUpperCase()}${one.slice(1)}`}
                </MenuCheck>
              ))}
            </MenuGroup>
            <MenuLine />
            <MenuItem onClick={() => void signOut()}>Sign out</MenuItem>
          </Menu>
        </header>
        {open === 'menu' && (
          <div className={styles.drawer}>
            <Navigation onGo={close} />
          </div>
        )}
        {away && (
          <p className={styles.away} role="alert">
            <Icon name="warning" />
            Lethe cannot be reached. Nothing you wrote is lost; it is tried again every few seconds.
          </p>
        )}
        <main id="matter" className={styles.matter} tabIndex={-1}>
          {children}
        </main>
      </div>
      <Palette
        open={open === 'palette'}
        onClose={close}
        acts={[
          { name: 'Show the keys', icon: 'question', also: 'help shortcuts', act: openHelp },
          { name: 'Dark or light', icon: 'sun', also: 'theme appearance', act: () => setTheme(flip(theme)) },
        ]}
      />
      <KeyHelp open={open === 'help'} onClose={close} />
      {open === 'password' && <ChangePassword onClose={close} />}
    </div>
  );
}

const flip = (theme: string): 'dark' | 'light' =>
  theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches) ? 'light' : 'dark';
