import { Link, useLocation } from 'wouter';
import { Icon } from '../base/icon.tsx';
import styles from './navigation.module.css';
import { PLACES } from './places.ts';
import { useMay } from './session.tsx';

/** The views that the person may see. */
export function Navigation({ onGo }: { onGo?: () => void }) {
  const may = useMay();
  const [location] = useLocation();
  return (
    <nav aria-label="Views" className={styles.nav}>
      {PLACES.map(({ group, places }) => {
        const seen = places.filter(({ scope }) => may(scope));
        if (seen.length === 0) return null;
        return (
          <div key={group}>
            <p className={styles.group}>{group}</p>
            <ul>
              {seen.map(({ path, name, icon }) => (
                <li key={path}>
                  <Link
                    href={path}
                    onClick={() => onGo?.()}
                    className={styles.link}
                    aria-current={isAt(location, path) ? 'page' : undefined}
                  >
                    <Icon name={icon} />
                    {name}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

const isAt = (location: string, path: string): boolean =>
  path === '/' ? location === '/' : location === path || location.startsWith(`${path}/`);
