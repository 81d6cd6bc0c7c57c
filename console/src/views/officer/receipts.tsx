import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '../../base/button.tsx';
import { TextField } from '../../base/field.tsx';
import { saveFile } from '../../base/files.ts';
import { Notice, Problem } from '../../base/notice.tsx';
import { Card, Page, Section } from '../../base/page.tsx';
import { AccountNeeded } from '../../shell/account-needed.tsx';
import { useAccounts } from '../../shell/accounts.tsx';
import { useClient } from '../../shell/session.tsx';
import { digitsOf } from '../find/understand.ts';
import styles from './receipts.module.css';

/** Signed receipts of completed erasures: to print, to keep, and whether one is about a number. */
export default function ReceiptsView() {
  const { chosen } = useAccounts();
  return (
    <Page
      title="Receipts"
      lede="Every completed request about a number has one. It is signed, holds no number, and anybody can check it with the public keys."
      narrow
    >
      {chosen ? <Receipts key={chosen.id} account={chosen.id} /> : <AccountNeeded />}
    </Page>
  );
}

const REFERENCE = /^[A-Za-z0-9]{15}$/;

function Receipts({ account }: { account: string }) {
  const client = useClient();
  const [reference, setReference] = useState('');
  const isOne = REFERENCE.test(reference.trim());
  const fetchReceipt = useMutation({
    mutationFn: async (kind: 'html' | 'jws') => {
      const of = reference.trim();
      const accept = kind === 'html' ? 'text/html' : 'application/jose';
      const text = await client.text('/gdpr/receipt', { query: { reference: of }, account, accept });
      saveFile(`receipt-${of}.${kind}`, text, accept);
    },
  });
  const keys = useMutation({
    mutationFn: async () => saveFile('jwks.json', await client.text('/.well-known/jwks.json'), 'application/json'),
  });
  return (
    <>
      <Card>
        <div className={styles.form}>
          <TextField
            label="Reference of the request"
            value={reference}
            onChange={({ target }) => {
              setReference(target.value);
              fetchReceipt.reset();
            }}
            autoComplete="off"
            spellCheck={false}
            hint="15 letters and digits."
          />
          <div className={styles.actions}>
            <Button
              kind="primary"
              icon="print"
              busy={fetchReceipt.isPending}
              disabled={!isOne}
              onClick={() => fetchReceipt.mutate('html')}
            >
              Save to print
            </Button>
            <Button icon="download" disabled={!isOne} onClick={() => fetchReceipt.mutate('jws')}>
              Save to verify
            </Button>
          </div>
          {fetchReceipt.isError && <Problem error={fetchReceipt.error} />}
        </div>
      </Card>
      {isOne && <Match reference={reference.trim()} account={account} />}
      <Section
        title="Public keys"
        note="Keep them with your receipts: then each can be checked when this server is gone."
        actions={
          <Button icon="download" busy={keys.isPending} onClick={() => keys.mutate()}>
            Save the keys
          </Button>
        }
      >
        {keys.isError && <Problem error={keys.error} />}
      </Section>
    </>
  );
}

/** The receipt holds a keyed hash: only who knows the number can ask whether it is the one. */
function Match({ reference, account }: { reference: string; account: string }) {
  const client = useClient();
  const [text, setText] = useState('');
  const match = useMutation({
    mutationFn: (number: string) =>
      client.call<{ matches: boolean }>('/gdpr/receipt/match', {
        method: 'POST',
        body: { reference, number },
        account,
      }),
    gcTime: 0,
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    match.mutate(digitsOf(text));
  };
  return (
    <Card>
      <form className={styles.form} onSubmit={onSubmit}>
        <TextField
          label="Is it about this number?"
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            match.reset();
          }}
          placeholder="447700 900123"
          autoComplete="off"
          inputMode="tel"
        />
        <Button type="submit" busy={match.isPending} disabled={digitsOf(text).length < 7}>
          Compare
        </Button>
        {match.isError && <Problem error={match.error} />}
        {match.isSuccess && (
          <Notice kind={match.data.matches ? 'good' : 'warn'}>
            {match.data.matches
              ? 'Yes: this receipt is about this number.'
              : 'No: this receipt is about another number.'}
          </Notice>
        )}
      </form>
    </Card>
  );
}
