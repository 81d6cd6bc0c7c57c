import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { ForgetPreview } from '../../api/types.ts';
import { Button, ButtonLink } from '../../base/button.tsx';
import { SelectField, TextField, Tick } from '../../base/field.tsx';
import { Notice, Problem } from '../../base/notice.tsx';
import { Card } from '../../base/page.tsx';
import { countryName, plainName, plural, totalOf } from '../../base/words.ts';
import { useClient } from '../../shell/session.tsx';
import styles from './forget.module.css';

/** Minutes in which a request can be cancelled. */
const GRACE = [5, 15, 60, 0] as const;

interface ConfirmProps {
  readonly number: string;
  readonly preview: ForgetPreview;
  readonly account: string;
  readonly onDone: (reference: string, held: boolean) => void;
}

/** What would go, and the last four digits before it does: a number that was mistyped is seen here or not at all. */
export function Confirm({ number, preview, account, onDone }: ConfirmProps) {
  const client = useClient();
  const [typed, setTyped] = useState('');
  const [keep, setKeep] = useState(true);
  const [grace, setGrace] = useState<number>(GRACE[0]);
  const { read, counts, already } = preview;
  const digits = read.international.replace(/\D/g, '') || number;
  const matches = typed === digits.slice(-4);
  const records = totalOf(counts);
  const forget = useMutation({
    mutationFn: () =>
      client.call<{ reference: string }>('/gdpr/forget', {
        method: 'POST',
        body: { number: digits, blacklist: !keep, grace_minutes: grace },
        account,
      }),
    onSuccess: ({ reference }) => onDone(reference, grace > 0),
    gcTime: 0,
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (matches) forget.mutate();
  };
  return (
    <Card className={styles.confirm}>
      <div>
        <p className={styles.reading}>{read.international}</p>
        <p className={styles.soft}>{read.country ? countryName(read.country) : 'Country not known'}</p>
      </div>
      {already && (
        <Notice
          title="This number is being forgotten already"
          actions={<ButtonLink href={`/requests/${already}`}>Open that request</ButtonLink>}
        >
          A second request joins the first.
        </Notice>
      )}
      <Counts counts={counts} />
      {records === 0 && (
        <Notice>
          Nothing is on record for it in this account. A number with nothing on record cannot be forgotten; check the
          digits and the account.
        </Notice>
      )}
      <form className={styles.form} onSubmit={onSubmit}>
        <Tick
          label="Keep it suppressed afterwards"
          hint="The platform will not write to it again. Only a keyed hash of the number stays for that."
          checked={keep}
          onChange={({ target }) => setKeep(target.checked)}
        />
        <SelectField label="Time to cancel" value={grace} onChange={({ target }) => setGrace(Number(target.value))}>
          {GRACE.map((minutes) => (
            <option key={minutes} value={minutes}>
              {minutes === 0 ? 'None: begin at once' : plural(minutes, 'minute')}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Type the last four digits to confirm"
          value={typed}
          onChange={({ target }) => setTyped(target.value.replace(/\D/g, '').slice(0, 4))}
          inputMode="numeric"
          autoComplete="off"
          className={styles.four}
          error={typed.length === 4 && !matches ? 'These are not the last four digits of the number above.' : undefined}
        />
        {forget.isError && <Problem error={forget.error} />}
        <div>
          <Button type="submit" kind="danger" icon="eraser" busy={forget.isPending} disabled={!matches}>
            {grace > 0 ? `Forget this number in ${plural(grace, 'minute')}` : 'Forget this number now'}
          </Button>
        </div>
        <p className={styles.soft}>
          {grace > 0
            ? 'It is suppressed at once and erased after that time; until then you can cancel.'
            : 'What is erased cannot be brought back.'}
        </p>
      </form>
    </Card>
  );
}

function Counts({ counts }: { counts: ForgetPreview['counts'] }) {
  const places = Object.entries(counts).filter(([, count]) => count > 0);
  const total = totalOf(counts);
  if (places.length === 0) return null;
  return (
    <table className={styles.counts}>
      <caption>Would be erased</caption>
      <tbody>
        {places.map(([name, count]) => (
          <tr key={name}>
            <th scope="row">{plainName(name)}</th>
            <td>{count.toLocaleString('en-GB')}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{total === 1 ? 'Record' : 'Records'} in all</th>
          <td>{total.toLocaleString('en-GB')}</td>
        </tr>
      </tfoot>
    </table>
  );
}
