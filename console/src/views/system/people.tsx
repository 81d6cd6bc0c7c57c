import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Page as ListPage, NewPerson, Person } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { Empty, Problem } from '../../base/notice.tsx';
import { Page } from '../../base/page.tsx';
import { State } from '../../base/state.tsx';
import { type Column, Table } from '../../base/table.tsx';
import { Relative } from '../../base/time.tsx';
import { useClient, useSession } from '../../shell/session.tsx';
import { Once } from './once.tsx';
import { AddPerson, DisablePerson, ResetPerson } from './person-dialogs.tsx';
import styles from './system.module.css';

type Doing = { readonly what: 'add' } | { readonly what: 'reset' | 'disable'; readonly person: Person };

/** Who may sign in, and as what. */
export default function PeopleView() {
  const client = useClient();
  const { session } = useSession();
  const [doing, setDoing] = useState<Doing>();
  const [shown, setShown] = useState<NewPerson>();
  const { data, error, refetch } = useQuery({
    queryKey: ['people'],
    queryFn: () => client.call<ListPage<Person>>('/console/api/people'),
  });
  const onClose = () => setDoing(undefined);
  const onShown = (person: NewPerson) => {
    onClose();
    setShown(person);
    void refetch();
  };
  const acts: Column<Person> = {
    id: 'do',
    head: 'Do',
    bare: true,
    right: true,
    cell: (person) => (
      <span className={styles.acts}>
        <Button onClick={() => setDoing({ what: 'reset', person })}>
          {person.disabled ? 'Let in again' : 'New password'}
        </Button>
        {!person.disabled && person.id !== session?.user.id && (
          <Button onClick={() => setDoing({ what: 'disable', person })}>Keep out</Button>
        )}
      </span>
    ),
  };
  return (
    <Page
      title="People"
      lede="Who may sign in, and as what. The audit names them."
      actions={
        <Button kind="primary" icon="people" onClick={() => setDoing({ what: 'add' })}>
          Let somebody in
        </Button>
      }
    >
      {error && <Problem error={error} again={() => void refetch()} />}
      {!(error && !data) && (
        <Table
          label="People"
          columns={[...COLUMNS, acts]}
          rows={data?.items}
          rowKey={({ id }) => id}
          empty={<Empty title="Nobody yet" />}
        />
      )}
      {doing?.what === 'add' && <AddPerson onClose={onClose} onDone={onShown} />}
      {doing?.what === 'reset' && <ResetPerson person={doing.person} onClose={onClose} onDone={onShown} />}
      {doing?.what === 'disable' && (
        <DisablePerson person={doing.person} onClose={onClose} onDone={() => void refetch().then(onClose)} />
      )}
      {shown && (
        <Once
          title={`A password for ${shown.name}`}
          lede="It is shown once. Give it to them in person or by a safe way; they change it after signing in."
          secrets={{ Password: shown.password, 'For the authenticator app': shown.totp_address }}
          onClose={() => setShown(undefined)}
        />
      )}
    </Page>
  );
}

const COLUMNS: readonly Column<Person>[] = [
  { id: 'name', head: 'Name', names: true, cell: ({ name }) => name },
  { id: 'email', head: 'Address', wide: true, cell: ({ email }) => email },
  { id: 'role', head: 'Role', cell: ({ role }) => role },
  {
    id: 'accounts',
    head: 'Accounts',
    cell: ({ accounts }) => (accounts === 'all' ? 'All' : accounts.map(({ name }) => name).join(', ') || 'None'),
  },
  { id: 'code', head: 'Second factor', cell: ({ totp }) => <State state={totp ? 'on' : 'off'} /> },
  {
    id: 'state',
    head: 'State',
    cell: ({ disabled }) => <State state={disabled ? 'off' : 'on'} word={disabled ? 'Kept out' : 'Let in'} />,
  },
  { id: 'last', head: 'Last sign-in', cell: ({ last_sign_in }) => <Relative at={last_sign_in} /> },
];
