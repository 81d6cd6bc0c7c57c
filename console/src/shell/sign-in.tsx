import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { ApiError } from '../api/client.ts';
import { Button, ButtonAnchor } from '../base/button.tsx';
import { TextField } from '../base/field.tsx';
import { Mark } from '../base/icon.tsx';
import { Notice } from '../base/notice.tsx';
import { useClient, useSession } from './session.tsx';
import styles from './sign-in.module.css';

interface Oidc {
  readonly enabled: boolean;
  readonly name?: string;
}

/** The page before anything else. */
export function SignInPage() {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <Mark />
          <h1>Sign in to Lethe</h1>
        </div>
        <CameBack />
        <SignInForm />
      </div>
    </main>
  );
}

const CAME_BACK: Readonly<Record<string, string>> = {
  refused: 'You are known there, but have no access here. Ask an administrator to let you in.',
  failed: 'That did not work. Try again; if it stays, tell an operator.',
};

/** What became of a sign-in elsewhere, as the address says it after the way back. */
function CameBack() {
  const [outcome] = useState(() => new URLSearchParams(location.search).get('sign-in') ?? '');
  useEffect(() => {
    if (outcome !== '') history.replaceState(null, '', location.pathname);
  }, [outcome]);
  const words = CAME_BACK[outcome];
  return words === undefined ? null : <Notice kind="bad">{words}</Notice>;
}

/**
 * Address and password; a code when the person has set one up. What is wrong is never said more exactly than the API does.
 * @param again over a view that must stay: a provider is visited in another tab
 */
export function SignInForm({ email = '', again = false }: { email?: string | undefined; again?: boolean }) {
  const client = useClient();
  const { signIn } = useSession();
  const [asksCode, setAsksCode] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const { data: oidc } = useQuery({
    queryKey: ['oidc'],
    queryFn: (): Promise<Oidc> => client.call<Oidc>('/console/api/oidc').catch(() => ({ enabled: false })),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const read = (name: string) => String(form.get(name) ?? '');
    setBusy(true);
    setFault(undefined);
    try {
      const totp = read('totp').replaceAll(' ', '');
      await signIn({ email: read('email').trim(), password: read('password'), ...(totp !== '' && { totp }) });
    } catch (error) {
      if (error instanceof ApiError && error.code === 'totp_required') setAsksCode(true);
      else setFault(explain(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className={styles.form} onSubmit={(event) => void onSubmit(event)}>
      {fault && <Notice kind="bad">{fault}</Notice>}
      <TextField
        label="E-mail address"
        name="email"
        type="email"
        autoComplete="username"
        defaultValue={email}
        required
        autoFocus={email === ''}
      />
      <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
      {asksCode && (
        <TextField
          label="Code of your authenticator"
          name="totp"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          autoFocus
        />
      )}
      <Button type="submit" kind="primary" busy={busy}>
        Sign in
      </Button>
      {oidc?.enabled && (
        <ButtonAnchor
          href={`/console/api/oidc/start?${new URLSearchParams({ to: again ? '/console/' : location.pathname })}`}
          {...(again && { target: '_blank', rel: 'noopener' })}
        >
          Sign in with {oidc.name ?? 'your organisation'}
          {again && ' (in another tab)'}
        </ButtonAnchor>
      )}
    </form>
  );
}

function explain(error: unknown): string {
  if (error instanceof ApiError && error.status === 401)
    return 'Address or password is wrong, or there were too many attempts. Check both; after several wrong ones wait a while.';
  return error instanceof Error ? error.message : String(error);
}
