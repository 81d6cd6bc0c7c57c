import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { AuditEntry, Automatic, Page as ListPage, RedactionSettings } from '../../api/types.ts';
import { Button, ButtonLink } from '../../base/button.tsx';
import { SelectField, Toggle } from '../../base/field.tsx';
import { Notice, Problem, Waiting } from '../../base/notice.tsx';
import { Card, Page, Section } from '../../base/page.tsx';
import { State } from '../../base/state.tsx';
import { Time } from '../../base/time.tsx';
import { useTell } from '../../base/toast.tsx';
import { AccountNeeded } from '../../shell/account-needed.tsx';
import { useAccounts } from '../../shell/accounts.tsx';
import { useClient, useMay } from '../../shell/session.tsx';
import styles from './interactions.module.css';

/** The toggles on two levels: an agency allows it, an account turns it on. */
export default function RedactionSettingsView() {
  const { chosen } = useAccounts();
  return (
    <Page
      title="Redaction settings"
      lede={chosen ? `Of ${chosen.name}. What the agency does not allow rests, whatever is set here.` : undefined}
      actions={<ButtonLink href="/interactions">Back to the log</ButtonLink>}
      narrow
    >
      {chosen ? <Settings key={chosen.id} account={chosen.id} /> : <AccountNeeded />}
    </Page>
  );
}

function Settings({ account }: { account: string }) {
  const client = useClient();
  const may = useMay();
  const { data, error, refetch } = useQuery({
    queryKey: ['redaction', account],
    queryFn: () => client.call<RedactionSettings>(`/accounts/${account}/redaction`, { account }),
  });
  if (error) return <Problem error={error} again={() => void refetch()} />;
  if (!data) return <Waiting lines={6} />;
  return (
    <>
      <InForce settings={data} />
      <SettingsForm key={JSON.stringify(data)} settings={data} account={account} readOnly={!may('settings')} />
      {may('audit') && <History account={account} />}
    </>
  );
}

function InForce({ settings: { effective, manual, automatic, time_zone: zone } }: { settings: RedactionSettings }) {
  const rests = (manual && !effective.manual) || (automatic !== 'off' && effective.automatic === 'off');
  return (
    <Card className={styles.force}>
      <h2>In force now</h2>
      <p>
        By hand: <State state={effective.manual ? 'on' : 'off'} />. Automatic:{' '}
        <State state={effective.automatic === 'off' ? 'off' : 'on'} word={automaticWord(effective.automatic, zone)} />.
      </p>
      {rests && (
        <Notice kind="warn">
          The agency does not allow redaction in its sub-accounts: the settings below are kept, and rest until it does.
        </Notice>
      )}
    </Card>
  );
}

const CHOICES: readonly Automatic[] = ['daily', 30, 60, 90];

const choiceWord = (choice: Automatic): string => (choice === 'daily' ? 'Daily' : `Every ${choice} days`);

const automaticWord = (automatic: Automatic, zone: string): string => {
  if (automatic === 'off') return 'off';
  return automatic === 'daily'
    ? `at the end of each day, ${zone}`
    : `after ${automatic} days, at the end of the day, ${zone}`;
};

interface SettingsFormProps {
  readonly settings: RedactionSettings;
  readonly account: string;
  readonly readOnly: boolean;
}

function SettingsForm({ settings, account, readOnly }: SettingsFormProps) {
  const client = useClient();
  const cache = useQueryClient();
  const tell = useTell();
  const [allow, setAllow] = useState(settings.allow_sub_accounts ?? false);
  const [manual, setManual] = useState(settings.manual);
  const [automatic, setAutomatic] = useState(settings.automatic);
  const isAgency = settings.allow_sub_accounts !== undefined;
  const save = useMutation({
    mutationFn: () =>
      client.call<RedactionSettings>(`/accounts/${account}/redaction`, {
        method: 'PATCH',
        account,
        body: { ...(isAgency && { allow_sub_accounts: allow }), manual, automatic },
      }),
    onSuccess: (saved) => {
      cache.setQueryData(['redaction', account], saved);
      tell('The settings are saved.');
    },
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={onSubmit} className={styles.settings}>
      {isAgency && (
        <Card>
          <Section title="Agency">
            <Toggle
              label="Allow accounts to enable redacting calls within the call log (useful for GDPR compliance)"
              hint="For its sub-accounts. Without it their own settings rest."
              checked={allow}
              disabled={readOnly}
              onChange={({ target }) => setAllow(target.checked)}
            />
          </Section>
        </Card>
      )}
      <Card>
        <Section title="This account">
          <div className={styles.settings}>
            <Toggle
              label="Allow administrators to redact information within the call log"
              hint="Shows the red flag in the log."
              checked={manual}
              disabled={readOnly}
              onChange={({ target }) => setManual(target.checked)}
            />
            <Toggle
              label="Automatically redact information after a given time period"
              hint="At the end of the account's day. What was redacted cannot be recovered: check your notifications first."
              checked={automatic !== 'off'}
              disabled={readOnly}
              onChange={({ target }) => setAutomatic(target.checked ? 'daily' : 'off')}
            />
            {automatic !== 'off' && (
              <SelectField
                label="How often"
                value={String(automatic)}
                disabled={readOnly}
                onChange={({ target }) =>
                  setAutomatic(CHOICES.find((choice) => String(choice) === target.value) ?? 'daily')
                }
              >
                {CHOICES.map((choice) => (
                  <option key={choice} value={String(choice)}>
                    {choiceWord(choice)}
                  </option>
                ))}
              </SelectField>
            )}
          </div>
        </Section>
      </Card>
      {save.isError && <Problem error={save.error} />}
      {readOnly ? (
        <Notice>Only administrators change these settings.</Notice>
      ) : (
        <div>
          <Button type="submit" kind="primary" busy={save.isPending}>
            Update settings
          </Button>
        </div>
      )}
    </form>
  );
}

function History({ account }: { account: string }) {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ['changes', account],
    queryFn: () =>
      client.call<ListPage<AuditEntry>>('/audit', { query: { action: 'settings.change', limit: '10' }, account }),
    retry: false,
  });
  if (!data || data.items.length === 0) return null;
  return (
    <Card>
      <Section title="Changes">
        <ul className={styles.running}>
          {data.items.map(({ sequence, at, actor }) => (
            <li key={sequence}>
              <Time at={at} />
              <span>{actor}</span>
            </li>
          ))}
        </ul>
      </Section>
    </Card>
  );
}
