import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Page, RequestItem } from '../../api/types.ts';
import { Card, Section } from '../../base/page.tsx';
import { State } from '../../base/state.tsx';
import { Time } from '../../base/time.tsx';
import { plural, totalOf } from '../../base/words.ts';
import { useClient } from '../../shell/session.tsx';
import { Reference } from '../request/reference.tsx';
import styles from './interactions.module.css';

/** The others stand under Requests. */
const MOST_SHOWN = 3;
const ENDED = ['completed', 'cancelled'];

/** Redactions of past activities that workers are still at. */
export function RunningRedactions({ account }: { account: string }) {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ['redactions', account],
    queryFn: () =>
      client.call<Page<RequestItem>>('/requests', {
        query: { profile: 'interaction', sort: 'due', limit: '50' },
        account,
      }),
    refetchInterval: 5_000,
    retry: false,
  });
  const running = (data?.items ?? []).filter(({ state }) => !ENDED.includes(state));
  if (running.length === 0) return null;
  return (
    <Card>
      <Section title={`${plural(running.length, 'redaction')} under way`}>
        <ul className={styles.running}>
          {running.slice(0, MOST_SHOWN).map(({ reference, state, accepted_at, erased }) => (
            <li key={reference}>
              <Reference of={reference} />
              <State state={state} />
              <span className={styles.soft}>
                since <Time at={accepted_at} />, {plural(totalOf(erased), 'activity', 'activities')} so far
              </span>
            </li>
          ))}
        </ul>
        {running.length > MOST_SHOWN && <Link href="/requests?profile=interaction">All of them</Link>}
      </Section>
    </Card>
  );
}
