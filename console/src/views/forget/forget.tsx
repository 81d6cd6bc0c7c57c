import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { ForgetPreview } from '../../api/types.ts';
import { Button, ButtonLink } from '../../base/button.tsx';
import { TextField } from '../../base/field.tsx';
import { Problem } from '../../base/notice.tsx';
import { Card, Page } from '../../base/page.tsx';
import { AccountNeeded } from '../../shell/account-needed.tsx';
import { useAccounts } from '../../shell/accounts.tsx';
import { useCarried } from '../../shell/carried.tsx';
import { useClient } from '../../shell/session.tsx';
import { digitsOf } from '../find/understand.ts';
import { Confirm } from './confirm.tsx';
import styles from './forget.module.css';
import { Underway } from './underway.tsx';

/** From a number to its erasure: how it reads, what would go, the last four digits, and a while in which it can be cancelled. */
export function ForgetView() {
  const { chosen } = useAccounts();
  return (
    <Page
      title="Forget a number"
      lede="Erases everything on record about it. Nothing happens before you have seen what would go and confirmed it."
      actions={
        <ButtonLink href="/forget/file" icon="list">
          Forget a file of numbers
        </ButtonLink>
      }
      narrow
    >
      {chosen ? <Steps key={chosen.id} account={chosen.id} /> : <AccountNeeded />}
    </Page>
  );
}

function Steps({ account }: { account: string }) {
  const client = useClient();
  const carried = useCarried();
  const [text, setText] = useState(() => carried.take());
  const [done, setDone] = useState<{ reference: string; held: boolean }>();
  const preview = useMutation({
    mutationFn: (number: string) =>
      client.call<ForgetPreview>('/gdpr/forget/preview', { method: 'POST', body: { number }, account }),
    gcTime: 0,
  });
  const restart = () => {
    setText('');
    setDone(undefined);
    preview.reset();
  };
  if (done) return <Underway reference={done.reference} account={account} onAgain={restart} />;
  const number = digitsOf(text);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    preview.mutate(number);
  };
  return (
    <>
      <Card>
        <form className={styles.form} onSubmit={onSubmit}>
          <TextField
            label="Number"
            value={text}
            onChange={({ target }) => {
              setText(target.value);
              preview.reset();
            }}
            placeholder="447700 900123"
            hint="With its country code. Blanks, dashes and brackets do not matter."
            autoComplete="off"
            inputMode="tel"
            required
            autoFocus
          />
          <Button
            type="submit"
            kind={preview.isSuccess ? 'plain' : 'primary'}
            busy={preview.isPending}
            disabled={number.length < 7}
          >
            Show what would be erased
          </Button>
        </form>
      </Card>
      {preview.isError && <Problem error={preview.error} />}
      {preview.isSuccess && (
        <Confirm
          number={preview.variables}
          preview={preview.data}
          account={account}
          onDone={(reference, held) => setDone({ reference, held })}
        />
      )}
    </>
  );
}
