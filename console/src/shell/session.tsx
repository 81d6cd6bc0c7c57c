import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { type ApiClient, ApiError, createClient } from '../api/client.ts';
import type { Scope, Session } from '../api/types.ts';

const SESSION_PATH = '/console/api/session';

interface SignInFields {
  readonly email: string;
  readonly password: string;
  readonly totp?: string;
}

interface SessionState {
  readonly client: ApiClient;
  /** The id of who is signed in, or was last; empty while nobody has been. What is on the screen is theirs. */
  readonly person: string;
  /** Undefined while it is asked for; null for nobody. */
  readonly session: Session | null | undefined;
  /** It ended while the console was open: what is on the screen stays, under a window to sign in again. */
  readonly expired: boolean;
  readonly away: boolean;
  readonly error: unknown;
  signIn(fields: SignInFields): Promise<void>;
  signOut(): Promise<void>;
  /** Ends all other sessions of the person. */
  changePassword(current: string, password: string): Promise<void>;
}

const SessionContext = createContext<SessionState | null>(null);

/** Who is signed in, and the client that speaks for them. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const cache = useQueryClient();
  const [expired, setExpired] = useState(false);
  const [away, setAway] = useState(false);
  const client = useMemo(
    () => createClient({ signedOut: () => setExpired(true), reachable: (is) => setAway(!is) }),
    [],
  );
  const { data: session, error } = useQuery({
    queryKey: SESSION,
    queryFn: () => readSession(client),
    staleTime: 60_000,
    // While the API is away this is what notices that it is back.
    refetchInterval: away ? 3_000 : false,
    retry: false,
  });
  const [person, setPerson] = useState('');
  if (session && session.user.id !== person) setPerson(session.user.id);
  const adopt = useCallback(
    async (found: Session) => {
      client.setCsrf(found.csrf);
      // Somebody else at the same screen must not see what the one before had looked up.
      if (person !== '' && person !== found.user.id) cache.removeQueries(ANSWERS);
      cache.setQueryData(SESSION, found);
      setExpired(false);
      await cache.invalidateQueries(ANSWERS);
    },
    [client, cache, person],
  );
  const leave = useCallback(() => {
    cache.removeQueries(ANSWERS);
    cache.setQueryData(SESSION, null);
    setExpired(false);
  }, [cache]);
  const tellTabs = useTabs(client, adopt, leave);
  const isIn = session !== null && session !== undefined;
  // A page that has just come from a provider: another tab may wait for it.
  useEffect(() => {
    if (isIn) tellTabs('in');
  }, [isIn, tellTabs]);
  const state = useMemo<SessionState>(
    () => ({
      client,
      person,
      session,
      expired,
      away,
      error,
      async signIn(fields) {
        const signedIn = await client.call<Session>(SESSION_PATH, { method: 'POST', body: fields });
        await adopt(signedIn);
        tellTabs('in');
      },
      async changePassword(current, password) {
        const body = { current, password };
        const changed = await client.call<Session>(`${SESSION_PATH}/password`, { method: 'POST', body });
        client.setCsrf(changed.csrf);
        cache.setQueryData(SESSION, changed);
      },
      async signOut() {
        await client.call(SESSION_PATH, { method: 'DELETE' });
        leave();
        tellTabs('out');
      },
    }),
    [client, person, session, expired, away, error, cache, adopt, leave, tellTabs],
  );
  return <SessionContext value={state}>{children}</SessionContext>;
}

/** All tabs of a browser have one cookie: what one does about the session, the others learn. Nothing personal is said. */
function useTabs(
  client: ApiClient,
  adopt: (found: Session) => Promise<void>,
  leave: () => void,
): (word: 'in' | 'out') => void {
  const channel = useMemo(() => new BroadcastChannel('lethe.session'), []);
  useEffect(() => {
    const look = async () => {
      const found = await readSession(client).catch(() => null);
      if (found) await adopt(found);
    };
    channel.onmessage = ({ data }) => {
      if (data === 'out') leave();
      else void look();
    };
    return () => {
      channel.onmessage = null;
    };
  }, [channel, client, adopt, leave]);
  return useCallback((word) => channel.postMessage(word), [channel]);
}

const SESSION = ['session'] as const;
/** Everything that was asked for but who is signed in. */
const ANSWERS = { predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => queryKey[0] !== SESSION[0] };

async function readSession(client: ApiClient): Promise<Session | null> {
  try {
    const session = await client.call<Session>(SESSION_PATH);
    client.setCsrf(session.csrf);
    return session;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export function useSession(): SessionState {
  const state = useContext(SessionContext);
  if (!state) throw new Error('outside of a SessionProvider');
  return state;
}

export const useClient = (): ApiClient => useSession().client;

/**
 * @returns whether the person who is signed in may do things of a scope. The API decides; what it would refuse is left out
 * of the views, to spare people the refusal
 */
export function useMay(): (scope: Scope) => boolean {
  const { session } = useSession();
  return (scope) => session?.user.scopes.includes(scope) === true;
}
