import { useMutation } from '@tanstack/react-query';
import type { MapCheck } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { Notice, Problem } from '../../base/notice.tsx';
import { Section } from '../../base/page.tsx';
import { State } from '../../base/state.tsx';
import { type Column, Table } from '../../base/table.tsx';
import { Time } from '../../base/time.tsx';
import { plural } from '../../base/words.ts';
import { useClient } from '../../shell/session.tsx';

type Finding = MapCheck['findings'][number];
type Unnamed = MapCheck['unnamed'][number];

/** Does the data map fit the database? By a sample, when somebody asks: it costs the database something. */
export function DataMapCheck() {
  const client = useClient();
  const check = useMutation({
    mutationFn: () => client.call<MapCheck>('/system/map-check', { method: 'POST' }),
  });
  return (
    <Section
      title="Data map"
      note="Compares the map with a sample of every collection, and looks for personal data it does not name. To read every record: lethe check-map --all."
    >
      <div>
        <Button icon="lens" busy={check.isPending} onClick={() => check.mutate()}>
          Check the map
        </Button>
      </div>
      {check.isError && <Problem error={check.error} again={() => check.mutate()} />}
      {check.data && <Result report={check.data} />}
    </Section>
  );
}

function Result({ report: { made_at, findings, unnamed, collections, places, sampled } }: { report: MapCheck }) {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const looked = `${plural(collections, 'collection')}, ${plural(places, 'place')} of a number, ${plural(sampled, 'record')} looked at`;
  return (
    <>
      <Notice
        kind={errors > 0 ? 'bad' : findings.length > 0 ? 'warn' : 'good'}
        title={errors > 0 ? 'Erasures would fail, be slow, or miss records' : 'The map fits what was looked at'}
      >
        {looked}, <Time at={made_at} exact />.
      </Notice>
      {findings.length > 0 && (
        <Table
          label="What does not fit"
          columns={FINDINGS}
          rows={findings}
          rowKey={({ where, message }) => `${where} ${message}`}
          empty={null}
        />
      )}
      {unnamed.length > 0 && (
        <Table
          label="What the map does not name"
          columns={UNNAMED}
          rows={unnamed}
          rowKey={({ where, what }) => `${where} ${what}`}
          empty={null}
        />
      )}
    </>
  );
}

const FINDINGS: readonly Column<Finding>[] = [
  { id: 'where', head: 'Where', names: true, cell: ({ where }) => <code>{where}</code> },
  {
    id: 'severity',
    head: 'How bad',
    cell: ({ severity }) =>
      severity === 'error' ? <State state="failed" word="Error" /> : <State state="waiting" word="Warning" />,
  },
  { id: 'message', head: 'What does not fit', wide: true, cell: ({ message }) => message },
  { id: 'remedy', head: 'What mends it', cell: ({ remedy }) => (remedy ? <code>{remedy}</code> : '–') },
];

const UNNAMED: readonly Column<Unnamed>[] = [
  { id: 'where', head: 'Not in the map', names: true, cell: ({ where }) => <code>{where}</code> },
  { id: 'what', head: 'What was seen', wide: true, cell: ({ what }) => what },
];
