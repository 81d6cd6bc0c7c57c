import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import type { ApiClient } from '../../api/client.ts';
import type { NumberStatus, RequestDetail, StatusByDate } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { Icon } from '../../base/icon.tsx';
import { Notice, Problem, Waiting } from '../../base/notice.tsx';
import { Page } from '../../base/page.tsx';
import { useAccounts } from '../../shell/accounts.tsx';
import { useClient } from '../../shell/session.tsx';
import { DaysAnswer, NumberAnswer, ReferenceAnswer } from './answers.tsx';
import styles from './find.module.css';
import { tellUnderstood, type Understood, understand } from './understand.ts';

type Answer =
  | { readonly kind: 'number'; readonly number: string; readonly status: NumberStatus }
  | { readonly kind: 'reference'; readonly request: RequestDetail }
  | { readonly kind: 'date'; readonly words: string; readonly found: StatusByDate };

/** The home: one box, and one sentence. A number goes out in the body of a POST and stays in this view's memory. */
export function FindView() {
  const client = useClient();
  const { chosen, loaded } = useAccounts();
  const [text, setText] = useState('');
  const [asked, setAsked] = useState<Understood | null>(null);
  const understood = understand(text);
  const find = useMutation({
    mutationFn: (asked: Understood) => ask(client, asked, chosen?.id),
    // An answer is shown once; nothing of it stays behind when the view is left.
    gcTime: 0,
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (understood.kind !== 'nothing') setAsked(understood);
  };
  // Asked before it is known which account is worked on: the answer waits for that, and is no error.
  const needsAccount = asked?.kind === 'number' || asked?.kind === 'date';
  const { mutate } = find;
  useEffect(() => {
    if (asked === null || !loaded || (needsAccount && !chosen)) return;
    setAsked(null);
    mutate(asked);
  }, [asked, loaded, needsAccount, chosen, mutate]);
  return (
    <Page title="Find" lede="Is a number gone? Ask by the number, by the reference of a request, or by the day.">
      <search>
        <form className={styles.form} onSubmit={onSubmit}>
          <label htmlFor="find" className="visually-hidden">
            Number, reference or day
          </label>
          <div className={styles.box}>
            <Icon name="search" />
            <input
              id="find"
              data-search
              value={text}
              onChange={(event) => setText(event.target.value)}
              placeholder="447700 900123"
              autoComplete="off"
              autoCorrect="off"
              spellCheck={false}
              aria-describedby="find-reads"
              // biome-ignore lint/a11y/noAutofocus: this box is what the view is for
              autoFocus
            />
            <Button
              type="submit"
              kind="primary"
              busy={find.isPending || (asked !== null && !loaded)}
              disabled={understood.kind === 'nothing'}
            >
              Find
            </Button>
          </div>
          <p id="find-reads" className={styles.reads}>
            {tellUnderstood(understood)}
          </p>
        </form>
      </search>
      {loaded && !chosen && (understood.kind === 'number' || understood.kind === 'date') && (
        <Notice kind="warn">Choose one account above: numbers and days are looked up in one account at a time.</Notice>
      )}
      <div className={styles.answer} aria-live="polite">
        {(find.isPending || (asked !== null && !loaded)) && <Waiting lines={4} label="Looking" />}
        {find.isError && (
          <NoAnswer error={find.error} asked={find.variables} again={() => find.mutate(find.variables)} />
        )}
        {find.isSuccess && <Show answer={find.data} />}
      </div>
    </Page>
  );
}

function Show({ answer }: { answer: Answer }) {
  if (answer.kind === 'number') return <NumberAnswer number={answer.number} status={answer.status} />;
  if (answer.kind === 'reference') return <ReferenceAnswer request={answer.request} />;
  return <DaysAnswer words={answer.words} found={answer.found} />;
}

async function ask(client: ApiClient, asked: Understood, account: string | undefined): Promise<Answer> {
  if (asked.kind === 'number') {
    const status = await client.call<NumberStatus>('/gdpr/status', {
      method: 'POST',
      body: { number: asked.number },
      account,
    });
    return { kind: 'number', number: asked.number, status };
  }
  if (asked.kind === 'reference') {
    const request = await client.call<RequestDetail>(`/requests/${asked.reference}`, { account });
    return { kind: 'reference', request };
  }
  if (asked.kind === 'nothing') throw new Error('Nothing was asked');
  const found = await client.call<StatusByDate>('/gdpr/status', {
    method: 'POST',
    body: { date: asked.words, limit: 200 },
    account,
  });
  return { kind: 'date', words: asked.words, found };
}

function NoAnswer({ error, asked, again }: { error: unknown; asked: Understood; again: () => void }) {
  const { status, code } = error as { status?: number; code?: string };
  if (status === 404 && asked.kind === 'reference')
    return (
      <Notice title="No request has this reference">
        Not in the accounts you may see. A reference is 15 letters or digits, large and small ones apart: copy it rather
        than type it.
      </Notice>
    );
  if (status === 404 && code === '77')
    return (
      <Notice title="No request was made on these days">
        {asked.kind === 'date' ? `Searched: ${searchedBy(error)}. ` : ''}
        Try a longer time such as “last month”, or ask by the number.
      </Notice>
    );
  return <Problem error={error} again={again} />;
}

function searchedBy(error: unknown): string {
  const { day, from, to, searched } = ((error as { body?: unknown }).body ?? {}) as Record<string, unknown>;
  const range = (searched ?? { from, to }) as { from?: string; to?: string };
  return typeof day === 'string' ? day : range.from && range.to ? `${range.from} to ${range.to}` : 'the days you named';
}
