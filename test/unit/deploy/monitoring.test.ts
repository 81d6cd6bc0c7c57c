import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '../../../src/ops/metrics.ts';
import { readProjectFile, readYamlDocuments } from '../../support/deploy-files.ts';
import { findSelectors, type Selector } from '../../support/promql.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

/** Prometheus makes these itself; `up` has the labels of the scrape configuration. */
const OF_PROMETHEUS = new Map([['up', ['job', 'instance']]]);
/** Prometheus adds them to every series. */
const OF_EVERY_SERIES = ['job', 'instance'];

/**
 * Every series a process shows, with the labels that are seen on it. Ledger and queue are stand-ins with a value for
 * each figure: they are what the metrics are asked with, and no database is needed for names.
 */
async function readMetrics(): Promise<Map<string, Set<string>>> {
  const metrics = createMetrics({
    ledger: async () => ({
      byState: { failed: 1 },
      oldestUnfinishedSeconds: 1,
      nearestDeadlineSeconds: 1,
      overdue: 1,
      deadlines: { on_track: 0, due_soon: 0, overdue: 1, met: 3, missed: 0 },
      erased: { sent_sms: 1 },
      retention: { sent_sms: 1 },
      failures: { refused: 1 },
      times: { forget: { count: 1, sum: 1, within: [1] } },
      filesLeft: 1,
      oldestFileSeconds: 1,
      scans: 1,
      scanned: 1,
      oldestScanSeconds: 1,
      guardLagSeconds: 1,
      unexported: 1,
    }),
    queue: async () => ({ erasure: { waiting: 1 }, report: {}, files: {}, scan: {}, webhook: {}, housekeeping: {} }),
  });
  metrics.observeRequest('/gdpr/forget', 'POST', 200, 0.01);
  metrics.observeJob('erase', 'done', 0.01);
  metrics.countFault('webhook_given_up');
  const series = new Map<string, Set<string>>();
  for (const line of (await metrics.render()).split('\n')) {
    const [, declared, kind] = /^# TYPE (\w+) (\w+)/.exec(line) ?? [];
    if (declared !== undefined)
      for (const suffix of kind === 'histogram'
        ? ['_bucket', '_sum', '_count']
        : kind === 'summary'
          ? ['', '_sum', '_count']
          : [''])
        series.set(declared + suffix, new Set());
    const [, sampled = '', labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) series.get(sampled)?.add(label);
  }
  return series;
}

const [rules] = readYamlDocuments<{ groups: { name: string; rules: Rule[] }[] }>('deploy/prometheus/alerts.yaml');
const alerts = (rules?.groups ?? []).flatMap((group) => group.rules);
const dashboard = JSON.parse(readProjectFile('deploy/grafana/dashboard.json')) as { uid: string; panels: Panel[] };
const expressions = [
  ...alerts.map((rule) => [`alert ${rule.alert}`, rule.expr] as const),
  ...dashboard.panels.flatMap((panel) =>
    (panel.targets ?? []).map((target) => [`panel ${panel.title}`, target.expr] as const),
  ),
];

describe('findSelectors', () => {
  const metricsOf = (expression: string) => findSelectors(expression).map(({ metric }) => metric);

  it.each([
    ['lethe_x', ['lethe_x']],
    [
      'max(lethe_x) > 0 and min by (a, b) (lethe_y{c="d", e=~"f{2}"}[5m:1m] offset 1h) < 4 * 3600',
      ['lethe_x', 'lethe_y'],
    ],
    ['sum by (le) (rate(x_bucket{route!~"/a|/b"}[10m]))', ['x_bucket']],
    ['sum(rate(x[5m])) without (y) / ignoring (z) group_left (w) sum(v)', ['x', 'v']],
    ['histogram_quantile(0.95, a) or vector(0) unless absent(b == bool 1.5e3)', ['a', 'b']],
    ['a # b\n + c @ start()', ['a', 'c']],
  ])('finds what %s reads', (expression, metrics) => {
    expect(metricsOf(expression)).toEqual(metrics);
  });

  it('finds the labels of matchers, and nothing of their values', () => {
    expect(findSelectors('x{a="b", c=~"d=\\"e\\"", f!="g"}')).toEqual([{ metric: 'x', labels: ['a', 'c', 'f'] }]);
  });

  it.each(['{job="x"}', 'x{a="b"', 'x[5m', 'a § b'])('refuses %s', (expression) => {
    expect(() => findSelectors(expression)).toThrow();
  });
});

describe('alerts and dashboard', () => {
  it.each(expressions)('%s reads only what the processes show', async (_name, expression) => {
    const series = await readMetrics();
    const selectors: Selector[] = findSelectors(expression);
    expect(selectors).not.toEqual([]);
    for (const { metric, labels } of selectors) {
      const known = OF_PROMETHEUS.get(metric) ?? series.get(metric);
      expect({ metric, exists: known !== undefined }).toEqual({ metric, exists: true });
      // A labelled metric without a sample here shows no labels: then only its name is checked.
      const names = new Set([...(known ?? []), ...OF_EVERY_SERIES]);
      if (names.size > OF_EVERY_SERIES.length)
        expect({ metric, unknown: labels.filter((label) => !names.has(label)) }).toEqual({ metric, unknown: [] });
    }
  });

  it('would not read a metric that nobody shows', async () => {
    const series = await readMetrics();
    expect(series.has('lethe_overdue_requests')).toBe(true);
    expect(series.has('lethe_overdue_request')).toBe(false);
  });
});

describe('deploy/prometheus', () => {
  const page = readProjectFile('docs/alerts.md');
  const headings = [...page.matchAll(/^## (\w+)$/gm)].map(([, heading]) => heading);

  it.each(alerts.map((rule) => [rule.alert, rule] as const))('%s says how bad it is, and what to do', (name, rule) => {
    expect(['critical', 'warning']).toContain(rule.labels.severity);
    expect(rule.annotations.summary).not.toBe('');
    expect(rule.annotations.runbook_url).toBe(`docs/alerts.md#${name.toLowerCase()}`);
    expect(headings).toContain(name);
  });

  it('has no section for an alert that is gone, and no name twice', () => {
    expect(headings).toEqual(alerts.map((rule) => rule.alert));
    expect(new Set(headings).size).toBe(headings.length);
  });

  it('has a case for each alert in which it fires (promtool test rules)', () => {
    const cases = readProjectFile('deploy/prometheus/alerts.test.yaml');
    expect(alerts.filter((rule) => !cases.includes(`alertname="${rule.alert}"`)).map((rule) => rule.alert)).toEqual([]);
  });

  it('names the jobs that are scraped', () => {
    const [prometheus] = readYamlDocuments<{ rule_files: string[]; scrape_configs: { job_name: string }[] }>(
      'deploy/prometheus/prometheus.yaml',
    );
    expect(prometheus?.rule_files).toEqual(['alerts.yaml']);
    const jobs = new Set(prometheus?.scrape_configs.map((one) => one.job_name));
    const named = expressions.flatMap(([, expression]) =>
      [...expression.matchAll(/job=~?"([^"]+)"/g)].flatMap(([, names = '']) => names.split('|')),
    );
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((job) => !jobs.has(job))).toEqual([]);
  });
});

describe('deploy/grafana/dashboard.json', () => {
  it('has panels that are told apart and do not lie on each other', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map((panel) => panel.id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  it('has no panel without a question, but rows', () => {
    const mute = dashboard.panels.filter((panel) => (panel.targets ?? []).length === 0);
    expect(new Set(mute.map((panel) => panel.type))).toEqual(new Set(['row']));
  });
});
