import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { AuditEntry, Page, RequestDetail } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { saveFile } from '../../base/files.ts';
import { Problem } from '../../base/notice.tsx';
import { Card, Section } from '../../base/page.tsx';
import { Time } from '../../base/time.tsx';
import { useClient, useMay } from '../../shell/session.tsx';
import { actionWord } from '../officer/audit-words.ts';
import styles from './evidence.module.css';

/** What proves it: the receipt of a completed request, and the audit's entries about it. */
export function Evidence({ request }: { request: RequestDetail }) {
  const may = useMay();
  return (
    <>
      {request.state === 'completed' && <Receipt request={request} />}
      {may('audit') && <Entries request={request} />}
    </>
  );
}

function Receipt({ request }: { request: RequestDetail }) {
  const client = useClient();
  const [fault, setFault] = useState<unknown>();
  const { reference, account } = request;
  const fetchAs = async (accept: string, name: string, type: string) => {
    setFault(undefined);
    try {
      saveFile(name, await client.text('/gdpr/receipt', { query: { reference }, account, accept }), type);
    } catch (error) {
      setFault(error);
    }
  };
  return (
    <Card>
      <Section
        title="Receipt"
        note="A signed statement that the number is gone. It holds no number; anybody can check the signature."
      >
        <div className={styles.actions}>
          <Button icon="download" onClick={() => void fetchAs('text/html', `receipt-${reference}.html`, 'text/html')}>
            To print
          </Button>
          <Button
            icon="download"
            onClick={() => void fetchAs('application/jose', `receipt-${reference}.jws`, 'application/jose')}
          >
            To verify
          </Button>
        </div>
        {fault !== undefined && <Problem error={fault} />}
      </Section>
    </Card>
  );
}

function Entries({ request }: { request: RequestDetail }) {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ['audit-of', request.reference, request.state],
    queryFn: () =>
      client.call<Page<AuditEntry>>('/audit', {
        // Older entries are not about it: they need not be looked through.
        query: { reference: request.reference, from: request.accepted_at, limit: '200' },
        account: request.account,
      }),
    retry: false,
  });
  const entries = data?.items ?? [];
  if (entries.length === 0) return null;
  return (
    <Card>
      <Section title="In the audit">
        <ul className={styles.entries}>
          {entries.map(({ sequence, at, action, actor }) => (
            <li key={sequence}>
              <span>
                {actionWord(action)} by {actor}
              </span>
              <Time at={at} />
            </li>
          ))}
        </ul>
        <Link href={`/audit?reference=${request.reference}`}>Open them in the audit</Link>
      </Section>
    </Card>
  );
}
