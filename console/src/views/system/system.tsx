import { useQuery } from '@tanstack/react-query';
import type { SystemState } from '../../api/types.ts';
import { Empty, Notice, Problem, Waiting } from '../../base/notice.tsx';
import { Card, Facts, Page, Section } from '../../base/page.tsx';
import { State } from '../../base/state.tsx';
import { type Column, Table } from '../../base/table.tsx';
import { Relative, Time } from '../../base/time.tsx';
import { plainName, plural } from '../../base/words.ts';
import { useAccountName } from '../../shell/accounts.tsx';
import { useClient } from '../../shell/session.tsx';
import { Gauge } from './gauge.tsx';
import { DataMapCheck } from './map-check.tsx';
import { QueueChart } from './queue-chart.tsx';
import styles from './system.module.css';

/** Is everything running? Live. */
export default function SystemView() {
  const client = useClient();
  const { data, error, refetch } = useQuery({
    queryKey: ['system'],
    queryFn: () => client.call<SystemState>('/system'),
    refetchInterval: 5_000,
  });
  return (
    <Page
      title="System"
      lede={data && `Version ${data.version}.`}
      actions={data?.environment && <span className={styles.badge}>{data.environment}</span>}
    >
      {error && <Problem error={error} again={() => void refetch()} />}
      {!data && !error && <Waiting lines={9} />}
      {data && <Parts system={data} />}
    </Page>
  );
}

function Parts({ system }: { system: SystemState }) {
  return (
    <>
      <Health system={system} />
      <div className={styles.pair}>
        <Card>
          <Section title="Deadlines of open requests">
            {system.deadlines ? <Gauge deadlines={system.deadlines} /> : <p>The ledger cannot be read.</p>}
            {system.throughput && <Throughput throughput={system.throughput} />}
          </Section>
        </Card>
        <Card>
          <Section title="Queues" note="Jobs that wait, and how old the oldest is.">
            <QueueChart queues={system.queues} />
          </Section>
        </Card>
      </div>
      <Section title="Workers">
        <Table
          label="Workers"
          columns={WORKERS}
          rows={system.workers}
          rowKey={({ id }) => id}
          empty={
            <Notice kind="bad" title="No worker is running">
              Requests are accepted and kept, but nothing is erased. Start one: lethe worker.
            </Notice>
          }
        />
      </Section>
      <Scans scans={system.scans} />
      <DataMapCheck />
      <Section title="Keys of this installation" note="Ids only. One that is in use and not at hand must be put back.">
        <Table
          label="Keys"
          columns={KEYS}
          rows={system.keys}
          rowKey={({ id }) => id}
          empty={<Empty title="No key is in use yet" />}
        />
      </Section>
    </>
  );
}

function Throughput({ throughput }: { throughput: NonNullable<SystemState['throughput']> }) {
  const { minutes, accepted, completed } = throughput;
  const rate = (count: number) => (count / minutes).toLocaleString('en-GB', { maximumFractionDigits: 1 });
  return (
    <p className={styles.soft}>
      In the last {minutes} minutes {plural(accepted, 'request')} came in and {completed.toLocaleString('en-GB')} were
      completed: {rate(accepted)} and {rate(completed)} a minute.
    </p>
  );
}

function Health({ system: { health, ready, why } }: { system: SystemState }) {
  return (
    <Card>
      <Section title={ready ? 'Ready' : 'Not ready'}>
        {!ready && (
          <Notice kind="bad">{why.length > 0 ? why.join('; ') : 'One of the parts below does not answer.'}</Notice>
        )}
        <Facts
          items={Object.fromEntries(
            Object.entries(health).map(([name, state]) => [
              HEALTH_WORDS[name] ?? plainName(name),
              <HealthState key={name} state={state} />,
            ]),
          )}
        />
      </Section>
    </Card>
  );
}

const HEALTH_WORDS: Readonly<Record<string, string>> = {
  mongodb: 'MongoDB',
  version: 'Version of MongoDB',
  indexes: 'Indexes',
  keys: 'Keys of the installation',
  redis: 'Redis',
  noeviction: 'Redis drops nothing',
  storage: 'Recordings',
};

function HealthState({ state }: { state: unknown }) {
  const good = state === true || state === 'ok' || state === 'up';
  return good ? (
    <State state="on" word="In order" />
  ) : (
    <State state="overdue" word={typeof state === 'string' ? plainName(state) : 'Not in order'} />
  );
}

/** A worker that has been silent for longer has most likely stopped. */
const SILENT_MS = 60_000;

const isSilent = (at: string | undefined): boolean =>
  at !== undefined && Date.now() - new Date(at).getTime() > SILENT_MS;

const WORKERS: readonly Column<SystemState['workers'][number]>[] = [
  { id: 'host', head: 'Host', names: true, wide: true, cell: ({ host }) => host },
  {
    id: 'state',
    head: 'State',
    cell: ({ seen_at }) =>
      isSilent(seen_at) ? <State state="overdue" word="Silent" /> : <State state="on" word="Running" />,
  },
  { id: 'version', head: 'Version', cell: ({ version }) => version },
  { id: 'started', head: 'Started', cell: ({ started_at }) => <Time at={started_at} /> },
  { id: 'seen', head: 'Last sign of life', cell: ({ seen_at }) => <Relative at={seen_at} /> },
];

const KEYS: readonly Column<SystemState['keys'][number]>[] = [
  { id: 'id', head: 'Key', names: true, wide: true, cell: ({ id }) => <code>{id}</code> },
  { id: 'use', head: 'In use', cell: ({ in_use }) => (in_use ? 'Yes' : 'No') },
  {
    id: 'hand',
    head: 'At hand',
    cell: ({ in_use, at_hand }) =>
      at_hand ? (
        <State state="on" word="Yes" />
      ) : (
        <State state={in_use ? 'overdue' : 'off'} word={in_use ? 'Missing' : 'No'} />
      ),
  },
];

function Scans({ scans }: { scans: SystemState['scans'] }) {
  const name = useAccountName();
  if (scans.length === 0) return null;
  const columns: readonly Column<SystemState['scans'][number]>[] = [
    { id: 'account', head: 'Account', names: true, cell: ({ account }) => name(account) },
    {
      id: 'percent',
      head: 'This turn',
      wide: true,
      cell: ({ turn_percent: percent, off }) => {
        if (off) return <State state="off" word="Not read: turned off for this account" />;
        return percent === null ? 'The first one: how much there is is not known yet' : <Progress percent={percent} />;
      },
    },
    { id: 'joiners', head: 'Requests that wait', right: true, cell: ({ joiners }) => joiners },
  ];
  return (
    <Section
      title="Scans"
      note="Each account's records are read in turns; requests join where the next collection begins."
    >
      <Table label="Scans" columns={columns} rows={scans} rowKey={({ account }) => account} empty={null} />
    </Section>
  );
}

function Progress({ percent }: { percent: number }) {
  return (
    <span className={styles.progress}>
      <progress value={percent} max={100} aria-label="Read so far" />
      {Math.round(percent)} %
    </span>
  );
}
