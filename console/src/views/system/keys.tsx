import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ApiKey, Page as ListPage, NewKey } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { Confirm } from '../../base/confirm.tsx';
import { Dialog } from '../../base/dialog.tsx';
import { TextField, Tick } from '../../base/field.tsx';
import { Empty, Problem } from '../../base/notice.tsx';
import { Page } from '../../base/page.tsx';
import { State } from '../../base/state.tsx';
import { type Column, Table } from '../../base/table.tsx';
import { Relative, Time } from '../../base/time.tsx';
import { useTell } from '../../base/toast.tsx';
import { AccountNeeded } from '../../shell/account-needed.tsx';
import { useAccounts } from '../../shell/accounts.tsx';
import { useClient } from '../../shell/session.tsx';
import { Once } from './once.tsx';
import styles from './system.module.css';

/** The keys by which programs call the API for one account. */
export default function KeysView() {
  const { chosen } = useAccounts();
  const [making, setMaking] = useState(false);
  return (
    <Page
      title="API keys"
      lede="For programs. Each belongs to one account and may do what its scopes say."
      actions={
        chosen && (
          <Button kind="primary" icon="key" onClick={() => setMaking(true)}>
            Make a key
          </Button>
        )
      }
    >
      {chosen ? (
        <Keys key={chosen.id} account={chosen.id} making={making} onMade={() => setMaking(false)} />
      ) : (
        <AccountNeeded />
      )}
    </Page>
  );
}

function Keys({ account, making, onMade }: { account: string; making: boolean; onMade: () => void }) {
  const client = useClient();
  const [made, setMade] = useState<NewKey>();
  const [revoking, setRevoking] = useState<ApiKey>();
  const { data, error, refetch } = useQuery({
    queryKey: ['keys', account],
    queryFn: () => client.call<ListPage<ApiKey>>('/console/api/keys', { account }),
  });
  const columns: readonly Column<ApiKey>[] = [
    ...COLUMNS,
    {
      id: 'act',
      head: 'Do',
      bare: true,
      right: true,
      cell: (key) => (key.revoked ? null : <Button onClick={() => setRevoking(key)}>Revoke</Button>),
    },
  ];
  return (
    <>
      {error && <Problem error={error} again={() => void refetch()} />}
      {!(error && !data) && (
        <Table
          label="API keys"
          columns={columns}
          rows={data?.items}
          rowKey={({ id }) => id}
          empty={<Empty title="No key yet">Make one for the first program that is to call the API.</Empty>}
        />
      )}
      {making && (
        <MakeKey
          account={account}
          onClose={onMade}
          onMade={(key) => {
            onMade();
            setMade(key);
            void refetch();
          }}
        />
      )}
      {made && (
        <Once
          title="The new key"
          lede="It is shown once. Put it where the program reads it, and nowhere else."
          secrets={{ Key: made.key }}
          onClose={() => setMade(undefined)}
        />
      )}
      {revoking && <RevokeKey of={revoking} account={account} onClose={() => setRevoking(undefined)} />}
    </>
  );
}

const COLUMNS: readonly Column<ApiKey>[] = [
  { id: 'label', head: 'Label', names: true, cell: ({ label }) => label },
  { id: 'id', head: 'Id', cell: ({ id }) => <code>{id}</code> },
  { id: 'scopes', head: 'May', wide: true, cell: ({ scopes }) => scopes.join(', ') },
  {
    id: 'state',
    head: 'State',
    cell: ({ revoked }) => <State state={revoked ? 'off' : 'on'} word={revoked ? 'Revoked' : 'Live'} />,
  },
  { id: 'made', head: 'Made', cell: ({ created_at }) => <Time at={created_at} /> },
  { id: 'expires', head: 'Expires', cell: ({ expires_at }) => (expires_at ? <Time at={expires_at} /> : 'Never') },
  { id: 'used', head: 'Last used', cell: ({ last_used_at }) => <Relative at={last_used_at} /> },
];

const SCOPES = [
  ['look', 'Look', 'How requests stand'],
  ['forget', 'Forget', 'Erase numbers'],
  ['redact', 'Redact', 'Interactions and records'],
  ['access', 'Access', 'Read what is held'],
  ['audit', 'Audit', 'Entries and figures'],
  ['settings', 'Settings', 'Of the account, and keys'],
] as const;

function MakeKey({
  account,
  onClose,
  onMade,
}: {
  account: string;
  onClose: () => void;
  onMade: (key: NewKey) => void;
}) {
  const client = useClient();
  const [label, setLabel] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>(['look', 'forget']);
  const [expires, setExpires] = useState('');
  const make = useMutation({
    mutationFn: () =>
      client.call<NewKey>('/console/api/keys', {
        method: 'POST',
        body: { label: label.trim(), scopes, ...(expires !== '' && { expires_at: `${expires}T23:59:59Z` }) },
        account,
      }),
    onSuccess: onMade,
    gcTime: 0,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Make a key"
      closeWord="Make none"
      actions={
        <Button
          kind="primary"
          busy={make.isPending}
          disabled={label.trim() === '' || scopes.length === 0}
          onClick={() => make.mutate()}
        >
          Make the key
        </Button>
      }
    >
      <div className={styles.form}>
        <TextField
          label="Label"
          value={label}
          onChange={({ target }) => setLabel(target.value)}
          hint="Which program it is for."
          maxLength={200}
          autoComplete="off"
        />
        <fieldset className={styles.scopes}>
          <legend>It may</legend>
          {SCOPES.map(([scope, name, hint]) => (
            <Tick
              key={scope}
              label={name}
              hint={hint}
              checked={scopes.includes(scope)}
              onChange={({ target }) =>
                setScopes(target.checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))
              }
            />
          ))}
        </fieldset>
        <TextField
          label="Expires after"
          type="date"
          value={expires}
          onChange={({ target }) => setExpires(target.value)}
          hint="Empty: it does not expire."
        />
        {make.isError && <Problem error={make.error} />}
      </div>
    </Dialog>
  );
}

function RevokeKey({ of: key, account, onClose }: { of: ApiKey; account: string; onClose: () => void }) {
  const client = useClient();
  const cache = useQueryClient();
  const tell = useTell();
  const revoke = useMutation({
    mutationFn: () =>
      client.call(`/console/api/keys/${encodeURIComponent(key.id)}/revoke`, { method: 'POST', account }),
    onSuccess: async () => {
      onClose();
      tell(`The key “${key.label}” is revoked.`);
      await cache.invalidateQueries({ queryKey: ['keys', account] });
    },
  });
  return (
    <Confirm
      title={`Revoke “${key.label}”?`}
      lede="Programs that use it are refused from now on. It cannot be taken back."
      closeWord="Keep the key"
      actWord="Revoke the key"
      act={revoke}
      onClose={onClose}
    />
  );
}
