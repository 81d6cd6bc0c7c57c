import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { CronJob } from 'kubernetes-types/batch/v1.js';
import type { ConfigMap, Container, PodTemplateSpec, Secret } from 'kubernetes-types/core/v1.js';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js';
import { CONFIG_NAMES, readConfig } from '../../../src/base/config.ts';
import { generateKey } from '../../../src/base/keys/key-ring.ts';
import { listProjectFolder, readProjectFile, readYamlDocuments } from '../../support/deploy-files.ts';
import { checkManifests, type Manifest } from '../../support/kubernetes-schema.ts';

const FOLDER = 'deploy/kubernetes';
const FILES = listProjectFolder(FOLDER).filter((name) => name !== 'kustomization.yaml');
/** Not among the resources: filled in or chosen by the operator. */
const BY_HAND = ['bucket-egress.yaml', 'drain.yaml', 'secret.example.yaml'];
/** What a process may need after its own limit (src/base/shutdown.ts). */
const LAST_CALL_SECONDS = 2;

const manifests = new Map(
  FILES.flatMap((file) =>
    readYamlDocuments<Manifest>(`${FOLDER}/${file}`).map(
      (manifest) => [`${file} ${manifest.kind} ${manifest.metadata.name}`, manifest] as const,
    ),
  ),
);
/** @throws Error when there is none of the name */
function find<Kind>(kind: string, name: string): Kind {
  const found = [...manifests.values()].find((one) => one.kind === kind && one.metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found as unknown as Kind;
}

const api = find<Deployment>('Deployment', 'lethe-api');
const worker = find<Deployment>('Deployment', 'lethe-worker');
const drain = find<CronJob>('CronJob', 'lethe-drain');
const templateOf = (deployment: Deployment) => deployment.spec?.template as PodTemplateSpec;
const containerIn = (template: PodTemplateSpec) => template.spec?.containers[0] as Container;
const apiContainer = containerIn(templateOf(api));
const workerContainer = containerIn(templateOf(worker));
const drainTemplate = drain.spec?.jobTemplate.spec?.template as PodTemplateSpec;
const pods: [string, PodTemplateSpec][] = [
  ['api', templateOf(api)],
  ['worker', templateOf(worker)],
  ['drain', drainTemplate],
];
const config = find<ConfigMap>('ConfigMap', 'lethe').data ?? {};
const secret = find<Secret>('Secret', 'lethe').stringData ?? {};
const filledIn = {
  ...config,
  MONGODB_URI: 'mongodb://mongodb/?replicaSet=rs0',
  REDIS_URL: 'redis://redis',
  LETHE_SEAL_KEYS: generateKey(new Date()),
  LETHE_TOKEN_KEYS: generateKey(new Date()),
  RECEIPT_KEYS: generateKey(new Date()),
};
const environmentOf = (container: Container) => ({
  ...filledIn,
  ...Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value])),
});

describe('the check of manifests', () => {
  it('finds an unknown field, a wrong type and a missing field', () => {
    const bad = structuredClone(api) as unknown as Record<string, unknown> & { spec: Record<string, unknown> };
    bad.spec.replica = 2;
    const wrong = structuredClone(api) as unknown as typeof bad;
    wrong.spec.replicas = '2';
    const missing = structuredClone(api) as unknown as typeof bad;
    delete missing.spec.selector;
    const named = Object.entries({ bad, wrong, missing }) as unknown as [string, Manifest][];
    const complaints = checkManifests(new Map(named)).map((line) => line.split(':')[0]);
    expect(new Set(complaints)).toEqual(new Set(['bad', 'wrong', 'missing']));
  });
});

describe('deploy/kubernetes', () => {
  it('is made of objects that the API of Kubernetes knows', () => {
    expect(manifests.size).toBeGreaterThan(12);
    expect(checkManifests(manifests)).toEqual([]);
  });

  it('has every file among the resources, or by hand', () => {
    const [kustomization] = readYamlDocuments<{ resources: string[] }>(`${FOLDER}/kustomization.yaml`);
    expect([...(kustomization?.resources ?? []), ...BY_HAND].sort()).toEqual(FILES);
  });

  it('puts everything into one namespace, which lets in restricted pods alone', () => {
    const others = [...manifests.values()].filter(({ kind }) => kind !== 'Namespace');
    expect(new Set(others.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['lethe']));
    expect(find<Manifest>('Namespace', 'lethe').metadata).toMatchObject({
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
  });

  it.each(pods)('gives %s no more rights than it needs', (_name, { spec }) => {
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(spec?.containers).toHaveLength(1);
    expect(spec?.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(Object.keys(spec?.containers[0]?.resources?.limits ?? {})).toEqual(['memory']);
    expect(spec?.hostNetwork ?? spec?.hostPID ?? spec?.hostIPC).toBeUndefined();
  });

  it.each(pods)('gives %s time to hand back what it has', (_name, template) => {
    const { SHUTDOWN_TIMEOUT_MS } = readConfig(filledIn);
    const preStop = Number(containerIn(template).lifecycle?.preStop?.exec?.command?.[1] ?? 0);
    expect(template.spec?.terminationGracePeriodSeconds).toBeGreaterThan(
      preStop + SHUTDOWN_TIMEOUT_MS / 1000 + LAST_CALL_SECONDS,
    );
  });

  it.each(pods)('gives %s variables that exist, with values that are right', (_name, template) => {
    const names = [
      ...Object.keys(config),
      ...Object.keys(secret),
      ...Object.keys(environmentOf(containerIn(template))),
    ];
    expect(names.filter((name) => !CONFIG_NAMES.includes(name as never))).toEqual([]);
    expect(readConfig(environmentOf(containerIn(template)))).toMatchObject({ HOST: '0.0.0.0', RETENTION_MONTHS: 0 });
  });

  it('has secrets in a Secret, and none of them in a file', () => {
    expect(Object.keys(secret).sort()).toEqual([
      'LETHE_SEAL_KEYS',
      'LETHE_TOKEN_KEYS',
      'MONGODB_URI',
      'RECEIPT_KEYS',
      'REDIS_URL',
    ]);
    expect(new Set(Object.values(secret))).toEqual(new Set(['']));
    expect(Object.keys(config).filter((name) => Object.hasOwn(secret, name))).toEqual([]);
  });

  it('runs what the image runs', () => {
    expect(apiContainer.args).toEqual(['api']);
    expect(workerContainer.args).toEqual(['worker']);
    expect(containerIn(drainTemplate).args).toEqual(['worker', '--drain']);
    const { image } = apiContainer;
    expect(readProjectFile('docker-compose.yml')).toContain(`image: ${image}\n`);
    for (const [, template] of pods) expect(containerIn(template).image).toBe(image);
  });

  it('has reports in one volume for all, where the configuration says', () => {
    for (const [, template] of pods) {
      expect(containerIn(template).volumeMounts).toContainEqual({ name: 'reports', mountPath: config.REPORTS_DIR });
      expect(template.spec?.volumes).toContainEqual({
        name: 'reports',
        persistentVolumeClaim: { claimName: 'lethe-reports' },
      });
    }
    expect(find<Manifest>('PersistentVolumeClaim', 'lethe-reports').spec).toMatchObject({
      accessModes: ['ReadWriteMany'],
    });
  });

  it('asks processes for their health where they listen', () => {
    expect(apiContainer.ports).toEqual([{ name: 'http', containerPort: readConfig(environmentOf(apiContainer)).PORT }]);
    expect(workerContainer.ports).toEqual([
      { name: 'metrics', containerPort: readConfig(environmentOf(workerContainer)).WORKER_PORT },
    ]);
    for (const { startupProbe, livenessProbe, ports } of [apiContainer, workerContainer])
      for (const probe of [startupProbe, livenessProbe])
        expect(probe?.httpGet).toEqual({ path: '/healthz', port: ports?.[0]?.name });
    expect(readConfig(environmentOf(containerIn(drainTemplate))).WORKER_PORT).toBe(0);
  });

  it.each([
    ['everything is there', [], 0],
    ['Redis is away: requests are accepted all the same', ['redis', 'noeviction'], 0],
    ['MongoDB is away', ['mongodb'], 1],
    ['something else is amiss', ['redis', 'indexes'], 1],
  ])('takes the API for ready or not when %s', async (_case, missing, code) => {
    const checks = ['mongodb', 'redis', 'noeviction', 'indexes'].map((name) => ({ name, ok: !missing.includes(name) }));
    const server = createServer((_request, response) => {
      response.writeHead(missing.length > 0 ? 503 : 200).end(JSON.stringify({ checks }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const [, ...args] = apiContainer.readinessProbe?.exec?.command ?? [];
    const port = String((server.address() as AddressInfo).port);
    const child = spawn(
      process.execPath,
      args.map((text) => text.replace('127.0.0.1:3000', `127.0.0.1:${port}`)),
    );
    const ended = await new Promise((resolve) => child.once('exit', resolve));
    server.close();
    expect(ended).toBe(code);
  });

  it('keeps one API and one worker through whatever is planned', () => {
    for (const deployment of [api, worker]) {
      const name = deployment.metadata?.name ?? '';
      expect(deployment.spec?.replicas).toBeGreaterThan(1);
      const budget = find<PodDisruptionBudget>('PodDisruptionBudget', name);
      expect(budget.spec?.selector).toEqual(deployment.spec?.selector);
      expect(budget.spec?.maxUnavailable).toBe(1);
      expect(templateOf(deployment).metadata?.labels).toMatchObject(deployment.spec?.selector.matchLabels ?? {});
    }
    expect(api.spec?.strategy?.rollingUpdate?.maxUnavailable).toBe(0);
  });

  it('drains one at a time, and not without end', () => {
    expect(drain.spec).toMatchObject({ concurrencyPolicy: 'Forbid', jobTemplate: { spec: { backoffLimit: 0 } } });
    expect(drain.spec?.jobTemplate.spec?.activeDeadlineSeconds).toBeGreaterThan(3_600);
    expect(drainTemplate.spec?.restartPolicy).toBe('Never');
  });

  it('closes the network, but for what it names', () => {
    expect(find<NetworkPolicy>('NetworkPolicy', 'lethe-nothing').spec).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
    const portsOf = (name: string) => {
      const { ingress = [], egress = [] } = find<NetworkPolicy>('NetworkPolicy', name).spec ?? {};
      for (const rule of ingress) expect(rule.from).not.toHaveLength(0);
      for (const rule of egress) expect(rule.to).not.toHaveLength(0);
      return [...ingress, ...egress].flatMap((rule) => (rule.ports ?? []).map(({ port }) => port));
    };
    expect(portsOf('lethe-api')).toEqual([3000]);
    expect(portsOf('lethe-worker')).toEqual([9464]);
    expect(portsOf('lethe-services')).toEqual([53, 53, 27017, 6379]);
    expect(portsOf('lethe-bucket')).toEqual([443]);
  });
});
