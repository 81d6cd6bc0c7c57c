import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';
import type { Account, Page } from '../api/types.ts';
import { useClient, useSession } from './session.tsx';

interface AccountsState {
  readonly accounts: readonly Account[];
  readonly loaded: boolean;
  /** The account that is worked on; undefined for all that the person may see. */
  readonly chosen: Account | undefined;
  choose(id: string | undefined): void;
}

const AccountsContext = createContext<AccountsState | null>(null);

/** Which account was worked on last, on this device. An id, no personal data. */
const REMEMBERED = 'lethe.account';
const ALL = '*';

export function AccountsProvider({ children }: { children: ReactNode }) {
  const client = useClient();
  const { session } = useSession();
  const { data } = useQuery({
    queryKey: ['accounts'],
    queryFn: () => client.call<Page<Account>>('/console/api/accounts'),
    enabled: session !== null && session !== undefined,
    staleTime: 300_000,
  });
  const [wanted, setWanted] = useState(() => localStorage.getItem(REMEMBERED));
  const state = useMemo<AccountsState>(() => {
    const accounts = data?.items ?? [];
    const usable = accounts.filter(({ disabled }) => !disabled);
    const found = usable.find(({ id }) => id === wanted);
    return {
      accounts,
      loaded: data !== undefined,
      chosen: found ?? (wanted === ALL && accounts.length > 1 ? undefined : usable[0]),
      choose(id) {
        localStorage.setItem(REMEMBERED, id ?? ALL);
        setWanted(id ?? ALL);
      },
    };
  }, [data, wanted]);
  return <AccountsContext value={state}>{children}</AccountsContext>;
}

export function useAccounts(): AccountsState {
  const state = useContext(AccountsContext);
  if (!state) throw new Error('outside of an AccountsProvider');
  return state;
}

/** The time zone that times are shown in: the account's, or the device's where there are several. */
export function useZone(): string {
  const state = useContext(AccountsContext);
  return state?.chosen?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** @returns the name of an account, or its id where the person may not see it */
export function useAccountName(): (id: string) => string {
  const { accounts } = useAccounts();
  return (id) => accounts.find((account) => account.id === id)?.name ?? id;
}
