import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { runCommand } from '../../../cli/program.ts';
import { findCommand } from '../../../local/process.ts';
import { CONFIG_NAMES, readConfigPart } from '../../../src/base/config.ts';
import { listProjectFolder, readProjectFile } from '../../support/deploy-files.ts';

const FOLDER = 'deploy/systemd';
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const UNITS = listProjectFolder(FOLDER).filter((name) => /\.(service|timer)$/.test(name));
const SERVICES = UNITS.filter((name) => name.endsWith('.service'));
/** What a process may need after its own limit (src/base/shutdown.ts). */
const LAST_CALL_SECONDS = 2;

type Unit = Map<string, Map<string, string[]>>;

/** Reads a unit file: sections, and each directive's values in their order. @throws Error for a line that is none */
function readUnit(name: string): Unit {
  const unit: Unit = new Map();
  let section: Map<string, string[]> | undefined;
  for (const line of readProjectFile(`${FOLDER}/${name}`).split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, heading] = /^\[(\w+)\]$/.exec(line) ?? [];
    if (heading !== undefined) {
      section = new Map();
      unit.set(heading, section);
      continue;
    }
    const [, directive, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (directive === undefined || value === undefined || !section) throw new Error(`${name}: ${line}`);
    section.set(directive, [...(section.get(directive) ?? []), value]);
  }
  return unit;
}

const valueIn = (unit: Unit, section: string, directive: string) => unit.get(section)?.get(directive)?.join(' ');

/** Every service has these; `systemd-analyze security` says what each is good for. */
const HARDENING = {
  NoNewPrivileges: 'yes',
  CapabilityBoundingSet: '',
  AmbientCapabilities: '',
  ProtectSystem: 'strict',
  ProtectHome: 'yes',
  PrivateTmp: 'yes',
  PrivateDevices: 'yes',
  ProtectKernelTunables: 'yes',
  ProtectKernelModules: 'yes',
  ProtectControlGroups: 'yes',
  RestrictNamespaces: 'yes',
  RestrictSUIDSGID: 'yes',
  SystemCallFilter: '@system-service @pkey ~@privileged @resources',
  UMask: '0077',
} as const;

describe('deploy/systemd', () => {
  it('has API, worker, and a worker by the clock', () => {
    expect(UNITS).toEqual(['lethe-api.service', 'lethe-drain.service', 'lethe-drain.timer', 'lethe-worker.service']);
  });

  it.each(SERVICES)('%s runs as a user of its own that the sysusers file makes, with few rights', (name) => {
    const unit = readUnit(name);
    expect(valueIn(unit, 'Service', 'User')).toBe('lethe');
    expect(readProjectFile(`${FOLDER}/lethe.sysusers`)).toMatch(/^u lethe - /m);
    const found = Object.keys(HARDENING).map((directive) => [directive, valueIn(unit, 'Service', directive)]);
    expect(Object.fromEntries(found)).toEqual(HARDENING);
  });

  it.each(SERVICES)('%s does not forbid what V8 does: machine code written at run time', (name) => {
    expect(valueIn(readUnit(name), 'Service', 'MemoryDenyWriteExecute')).toBeUndefined();
  });

  it.each(SERVICES)('%s has its secrets from a file, not from the unit', (name) => {
    const unit = readUnit(name);
    expect(valueIn(unit, 'Service', 'EnvironmentFile')).toBe('/etc/lethe/lethe.env');
    expect(readProjectFile(`${FOLDER}/${name}`)).not.toMatch(/LETHE_(SEAL|TOKEN)_KEYS=|PASSWORD/);
  });

  it.each(SERVICES)('%s starts node itself, with a command line and variables that exist', async (name) => {
    const line = valueIn(readUnit(name), 'Service', 'ExecStart') ?? '';
    const [, pairs = '', command = ''] =
      /^\/usr\/bin\/env ((?:\w+=\S+ )+)\/usr\/bin\/node cli\/lethe\.mjs (.+)$/.exec(line) ?? [];
    const variables = pairs
      .trim()
      .split(' ')
      .map((pair) => pair.split('=')[0]);
    expect(variables.length).toBeGreaterThan(0);
    expect(variables.filter((variable) => !CONFIG_NAMES.includes(variable as never))).toEqual([]);
    const help: string[] = [];
    const print = (text: string) => help.push(text);
    const words = command.split(' ');
    const [subject = ''] = words;
    expect(await runCommand([subject, '--help'], { env: {}, print, note: print, now: () => new Date() })).toBe(0);
    for (const option of words.slice(1)) expect(help.join('\n')).toContain(option);
  });

  it.each(SERVICES)('%s has reports where it may write, and where the others look', (name) => {
    const unit = readUnit(name);
    const [, folder = ''] = /REPORTS_DIR=(\S+)/.exec(valueIn(unit, 'Service', 'ExecStart') ?? '') ?? [];
    expect(folder).toBe(`/var/lib/${valueIn(unit, 'Service', 'StateDirectory')}/reports`);
  });

  it.each(SERVICES)('%s leaves a process more time to stop than it takes', (name) => {
    const { SHUTDOWN_TIMEOUT_MS } = readConfigPart({}, ['SHUTDOWN_TIMEOUT_MS']);
    const seconds = Number(valueIn(readUnit(name), 'Service', 'TimeoutStopSec'));
    expect(seconds).toBeGreaterThan(SHUTDOWN_TIMEOUT_MS / 1000 + LAST_CALL_SECONDS);
  });

  it.each(['lethe-api.service', 'lethe-worker.service'])('%s is started again for ever', (name) => {
    const unit = readUnit(name);
    expect(valueIn(unit, 'Service', 'Restart')).toBe('always');
    expect(valueIn(unit, 'Unit', 'StartLimitIntervalSec')).toBe('0');
    expect(valueIn(unit, 'Install', 'WantedBy')).toBe('multi-user.target');
  });

  it('a drain ends by itself, is started by its timer alone, and has an end in any case', () => {
    const unit = readUnit('lethe-drain.service');
    expect(valueIn(unit, 'Service', 'Type')).toBe('oneshot');
    expect(valueIn(unit, 'Service', 'Restart')).toBeUndefined();
    expect(valueIn(unit, 'Service', 'TimeoutStartSec')).toBe('6h');
    expect(unit.has('Install')).toBe(false);
    expect(valueIn(readUnit('lethe-drain.timer'), 'Timer', 'OnCalendar')).toBe('*:0/15');
  });

  it('is understood by systemd, where systemd-analyze is to be had', async () => {
    const analyze = await findCommand('systemd-analyze');
    const folder = mkdtempSync(join(tmpdir(), 'lethe-units-'));
    try {
      const files = UNITS.map((name) => {
        const text = readProjectFile(`${FOLDER}/${name}`)
          .replaceAll('/usr/bin/node', process.execPath)
          .replaceAll('/opt/lethe', ROOT.replace(/\/$/, ''));
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      });
      expect(files).toHaveLength(4);
      if (analyze === null) return;
      const { status, stdout, stderr } = spawnSync(analyze, ['verify', ...files], { encoding: 'utf8' });
      // For a directive that it does not know it exits with 0, and says so. Of the host's own units it may say anything.
      const complaints = (stdout + stderr).split('\n').filter((line) => line.includes('lethe'));
      expect({ status, complaints }).toEqual({ status: 0, complaints: [] });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
