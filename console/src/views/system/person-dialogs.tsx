import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { type NewPerson, type Person, ROLES, type Role } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { Confirm } from '../../base/confirm.tsx';
import { Dialog } from '../../base/dialog.tsx';
import { SelectField, TextField, Tick } from '../../base/field.tsx';
import { Problem } from '../../base/notice.tsx';
import { useAccounts } from '../../shell/accounts.tsx';
import { useClient } from '../../shell/session.tsx';
import styles from './system.module.css';

const ROLE_WORDS: Readonly<Record<Role, string>> = {
  viewer: 'Viewer: looks things up',
  clerk: 'Clerk: looks up, forgets, redacts',
  officer: 'Officer: audit, figures, receipts',
  admin: 'Admin: everything, people and keys too',
};

interface DialogProps<Answer> {
  readonly onClose: () => void;
  readonly onDone: (answer: Answer) => void;
}

/** Lets somebody in, for one account, an agency with its sub-accounts, or all. */
export function AddPerson({ onClose, onDone }: DialogProps<NewPerson>) {
  const client = useClient();
  const { accounts } = useAccounts();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('clerk');
  const [covers, setCovers] = useState(`account ${accounts[0]?.id ?? ''}`);
  const [totp, setTotp] = useState(true);
  const add = useMutation({
    mutationFn: () => {
      const [kind = '', id] = covers.split(' ');
      const which = kind === 'all' ? { all: true } : { [kind]: id };
      return client.call<NewPerson>('/console/api/people', {
        method: 'POST',
        body: { email: email.trim(), name: name.trim(), role, totp, ...which },
      });
    },
    onSuccess: onDone,
    gcTime: 0,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Let somebody in"
      closeWord="Let nobody in"
      actions={
        <Button
          kind="primary"
          busy={add.isPending}
          disabled={email.trim() === '' || name.trim() === ''}
          onClick={() => add.mutate()}
        >
          Let them in
        </Button>
      }
    >
      <div className={styles.form}>
        <TextField
          label="Name"
          value={name}
          onChange={({ target }) => setName(target.value)}
          autoComplete="off"
          maxLength={200}
        />
        <TextField
          label="E-mail address"
          type="email"
          value={email}
          onChange={({ target }) => setEmail(target.value)}
          autoComplete="off"
          maxLength={200}
        />
        <SelectField
          label="Role"
          value={role}
          onChange={({ target }) => setRole(ROLES.find((one) => one === target.value) ?? 'viewer')}
        >
          {ROLES.map((one) => (
            <option key={one} value={one}>
              {ROLE_WORDS[one]}
            </option>
          ))}
        </SelectField>
        <SelectField label="For" value={covers} onChange={({ target }) => setCovers(target.value)}>
          {accounts.map(({ id, name: account }) => (
            <option key={id} value={`account ${id}`}>
              {account}
            </option>
          ))}
          {accounts
            .filter(({ agency }) => agency)
            .map(({ id, name: account }) => (
              <option key={id} value={`agency ${id}`}>
                {account} with its sub-accounts
              </option>
            ))}
          <option value="all">All accounts</option>
        </SelectField>
        <Tick
          label="With a second factor"
          hint="A code of an authenticator app at each sign-in."
          checked={totp}
          onChange={({ target }) => setTotp(target.checked)}
        />
        {add.isError && <Problem error={add.error} />}
      </div>
    </Dialog>
  );
}

/** Gives somebody another password, and lets them in again. */
export function ResetPerson({ person, onClose, onDone }: DialogProps<NewPerson> & { person: Person }) {
  const client = useClient();
  const reset = useMutation({
    mutationFn: () => client.call<NewPerson>(`/console/api/people/${person.id}/reset`, { method: 'POST', body: {} }),
    onSuccess: onDone,
    gcTime: 0,
  });
  return (
    <Confirm
      title={`A new password for ${person.name}?`}
      lede="The old one stops working and their sessions end. The new one is shown once."
      closeWord="Keep the old one"
      actWord="Make a new password"
      act={reset}
      onClose={onClose}
    />
  );
}

/** Keeps somebody out, at once. */
export function DisablePerson({ person, onClose, onDone }: DialogProps<Person> & { person: Person }) {
  const client = useClient();
  const disable = useMutation({
    mutationFn: () => client.call<Person>(`/console/api/people/${person.id}/disable`, { method: 'POST' }),
    onSuccess: onDone,
  });
  return (
    <Confirm
      title={`Keep ${person.name} out?`}
      lede="Their sessions end at once, and they cannot sign in. What they did stays in the audit under their name."
      closeWord="Let them stay"
      actWord="Keep them out"
      act={disable}
      onClose={onClose}
    />
  );
}
