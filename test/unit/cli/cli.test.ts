import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommanderError } from 'commander';
import mongoose from 'mongoose';
import { CommandFailure, describeFault, UsageFault } from '../../../cli/faults.ts';
import { readRecordsId } from '../../../cli/records-id.ts';
import { foldTable, formatTime } from '../../../cli/table.ts';
import { readConfigPart } from '../../../src/base/config.ts';
import { parseKeyRing } from '../../../src/base/keys/key-ring.ts';
import { loadDataMap, parseDataMap } from '../../../src/engine/map/load.ts';
import { runCli } from '../../support/cli.ts';

const KEYS = ['LETHE_SEAL_KEYS', 'LETHE_TOKEN_KEYS', 'RECEIPT_KEYS'] as const;

const NOW = new Date('2026-03-01T10:00:00Z');
const run = (args: string[], env: NodeJS.ProcessEnv = {}) => runCli(args, env, NOW);

describe('lethe', () => {
  it('shows its commands, and exits with 0', async () => {
    const { code, out, err } = await run(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    for (const name of ['api', 'worker', 'account', 'key', 'keys', 'request', 'check-map', 'print-map'])
      expect(out.join('\n')).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
  });

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(await run(['--version'])).toEqual({ code: 0, out: [version], err: [] });
  });

  it.each([
    [['frobnicate'], "lethe: unknown command 'frobnicate'"],
    [['api', '--port', '1'], "lethe: unknown option '--port'"],
    [['api', 'extra'], /^lethe: too many arguments/],
    [['account', 'create'], "lethe: required option '--name <name>' not specified"],
    [['account', 'create', '--name', ' '], 'lethe: --name needs 1 to 200 characters'],
    [['account', 'create', '--name', 'x'.repeat(201)], 'lethe: --name needs 1 to 200 characters'],
    [['account', 'create', '--name', 'A', '--time-zone', 'Mars'], /^lethe: --time-zone must be a name of the IANA/],
    [['account', 'create', '--name', 'A', '--records-id-type', 'int'], 'lethe: --records-id-type needs --records-id'],
    [
      ['account', 'create', '--name', 'A', '--records-id', 'x', '--records-id-type', 'int'],
      'lethe: --records-id is not of the type int',
    ],
    [
      ['account', 'create', '--name', 'A', '--records-id', 'x', '--records-id-type', 'uuid'],
      'lethe: --records-id is not of the type uuid',
    ],
    [['key', 'create'], "lethe: required option '--account <id>' not specified"],
    [['key', 'create', '--account', 'a', '--label', 'x'.repeat(201)], 'lethe: --label needs 0 to 200 characters'],
    [['key', 'revoke'], "lethe: missing required argument 'id'"],
    [['request', 'list', '--failed', '--overdue'], /^lethe: option '--overdue' cannot be used with option '--failed'/],
    [['request', 'list', '--all'], 'lethe: --all needs --account'],
    [['request', 'list', '--limit', '0'], /^lethe: --limit must be a whole number/],
    [['request', 'list', '--limit', '1e3'], /^lethe: --limit must be a whole number/],
    [['demo', 'nope'], /^lethe: command-argument value 'nope' is invalid for argument 'scenes'/],
    [['request', 'retry', 'x'], "lethe: required option '--account <id>' not specified"],
  ])('calls %j wrong usage: 2, one line, nothing done', async (args, message) => {
    const { code, out, err } = await run(args);
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(err).toHaveLength(1);
    expect(err[0]).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });

  it.each(
    [
      ['account list', 'account show', 'key list', 'request list', 'retention preview', 'audit verify'],
      ['audit list', 'audit export', 'user list'],
      ['check-map', 'find', 'discover', 'drill', 'status'],
    ]
      .flat()
      .map((command) => [command]),
  )('%s speaks to scripts', async (command) => {
    expect((await run([...command.split(' '), '--help'])).out.join('\n')).toMatch(/--json +one JSON object a\s+line/);
  });

  it.each([['account'], ['key'], ['keys'], ['request']])('shows what `%s` can be followed by', async (name) => {
    const { code, out, err } = await run([name]);
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(err.join('\n')).toContain(`Usage: node cli/lethe.mjs ${name}`);
  });

  it('asks a command for what it needs only, and for all of it at once', async () => {
    expect(await run(['account', 'list'])).toEqual({ code: 1, out: [], err: ['lethe: MONGODB_URI is missing'] });
    expect((await run(['check-map'], { NUMBER_PREFIXES: 'x' })).err).toEqual([
      expect.stringMatching(/^lethe: NUMBER_PREFIXES/),
    ]);
    for (const command of ['api', 'worker'])
      expect((await run([command])).err.map((line) => line.split(' ')[1])).toEqual([
        'MONGODB_URI',
        'REDIS_URL',
        ...KEYS,
      ]);
  });

  it('names the faults of a data map, one a line', async () => {
    const env = { MONGODB_URI: 'mongodb://127.0.0.1:1', DATA_MAP: '/nowhere/map.yaml' };
    expect(await run(['check-map'], env)).toEqual({
      code: 1,
      out: [],
      err: ['lethe: /nowhere/map.yaml: cannot be read (ENOENT)'],
    });
  });

  it('shows nothing of an address it cannot use', async () => {
    const { code, err } = await run(['account', 'list'], { MONGODB_URI: 'mongodb://joe:hunter2@[::x' });
    expect(code).toBe(1);
    expect(err.join('\n')).toContain('MONGODB_URI');
    expect(err.join('\n')).not.toContain('hunter2');
  });
});

describe('lethe keys generate', () => {
  it('needs no configuration, and prints lines for an env file and nothing else', async () => {
    const { code, out } = await run(['keys', 'generate']);
    expect(code).toBe(0);
    expect(out).toHaveLength(3);
    const env = parseEnv(out.join('\n'));
    expect(Object.keys(env)).toEqual([...KEYS]);
    const rings = readConfigPart(env, KEYS);
    expect(rings.LETHE_SEAL_KEYS.currentId).toMatch(/^k20260301-/);
    expect(env.LETHE_SEAL_KEYS?.split(':')[1]).not.toBe(env.LETHE_TOKEN_KEYS?.split(':')[1]);
  });

  it('prints no new keys where there are some: in their place they would hide every suppression', async () => {
    const there = parseEnv((await run(['keys', 'generate'])).out.join('\n'));
    const { code, out, err } = await run(['keys', 'generate'], there);
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(err).toEqual([expect.stringMatching(/^lethe: there are keys already: .*--add/)]);
  });

  it('prints the one that is missing', async () => {
    const there = parseEnv((await run(['keys', 'generate'])).out.join('\n'));
    const { out } = await run(['keys', 'generate'], { ...there, LETHE_TOKEN_KEYS: ' ' });
    expect(Object.keys(parseEnv(out.join('\n')))).toEqual(['LETHE_TOKEN_KEYS']);
  });

  it('adds new keys behind those there are, and says how to go on', async () => {
    const before = parseEnv((await run(['keys', 'generate'])).out.join('\n'));
    const { code, out, err } = await run(['keys', 'generate', '--add'], before);
    expect(code).toBe(0);
    const after = parseEnv(out.join('\n'));
    for (const name of KEYS) {
      expect(after[name]).toMatch(new RegExp(`^${before[name]?.replace(/[+]/g, '\\+')},k20260301-`));
      const parsed = parseKeyRing(after[name] ?? '');
      expect(parsed.ok && [parsed.ring.currentId, parsed.ring.keys.size]).toEqual([before[name]?.split(':')[0], 2]);
    }
    expect(err.join('\n')).toMatch(/1\. .*2\. .*a token key never/s);
  });

  it('adds nothing to keys that are missing or wrong', async () => {
    const { code, out, err } = await run(['keys', 'generate', '--add'], { LETHE_SEAL_KEYS: 'hunter2' });
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(err).toEqual([
      expect.stringMatching(/^lethe: LETHE_SEAL_KEYS: .*lethe keys generate/),
      expect.stringMatching(/^lethe: LETHE_TOKEN_KEYS is missing/),
      expect.stringMatching(/^lethe: RECEIPT_KEYS is missing/),
    ]);
  });
});

describe('lethe print-map', () => {
  it('prints the default map, as YAML that is read back the same', async () => {
    const { code, out } = await run(['print-map']);
    expect(code).toBe(0);
    expect(parseDataMap(out.join('\n'), 'map.yaml')).toEqual(loadDataMap(undefined));
  });
});

describe('describeFault', () => {
  it.each([
    ['wrong usage', new UsageFault('no'), 2, ['no']],
    ['a failure', new CommandFailure('no'), 1, ['no']],
    ['help that was asked for', new CommanderError(0, 'commander.help', ''), 0, []],
    ['what Commander refused', new CommanderError(1, 'commander.unknownCommand', 'x'), 2, []],
    ['an unexpected error', new Error('one\ntwo'), 1, ['one']],
    ['what is no error', 'text', 1, ['an unexpected error']],
    ['nothing', undefined, 1, ['an unexpected error']],
  ])('knows what to do with %s', async (_what, error, code, lines) => {
    expect(await describeFault(error)).toEqual({ code, lines });
  });

  it('hides numbers, hosts and users', async () => {
    expect((await describeFault(new Error('no record of 447700900123'))).lines[0]).not.toContain('7700900');
    const away = new mongoose.mongo.MongoNetworkError('connect ECONNREFUSED joe@db.internal:27017');
    const { code, lines } = await describeFault(away);
    expect({ code, lines }).toEqual({ code: 1, lines: [expect.stringMatching(/^MongoDB cannot be reached/)] });
    expect(lines[0]).not.toContain('internal');
  });
});

describe('readRecordsId', () => {
  it.each([
    ['1001', 'string', '1001'],
    ['', 'string', null],
    [' ', 'string', null],
    ['1001', 'int', 1001],
    ['-7', 'int', -7],
    ['0', 'int', 0],
    ['9007199254740991', 'int', 9_007_199_254_740_991],
    ['9007199254740992', 'int', null],
    ['1.5', 'int', null],
    ['1e3', 'int', null],
    ['', 'int', null],
    ['65f0c0ffee', 'objectid', null],
    ['x5f0c0ffee65f0c0ffee65f0', 'objectid', null],
  ] as const)('reads %j as %s', (text, type, value) => {
    expect(readRecordsId(text, type)).toBe(value);
  });

  it('reads an ObjectId', () => {
    const id = readRecordsId('65F0c0ffee65f0c0ffee65f0', 'objectid');
    expect(id).toBeInstanceOf(mongoose.mongo.ObjectId);
    expect(String(id)).toBe('65f0c0ffee65f0c0ffee65f0');
  });
});

describe('tables', () => {
  it('are aligned, with a dash for nothing', () => {
    expect(
      foldTable(
        ['ID', 'NAME'],
        [
          ['1', ''],
          ['12345', 'Acme'],
        ],
      ),
    ).toEqual(['ID     NAME', '1      -', '12345  Acme']);
    expect(foldTable(['ID'], [])).toEqual(['ID']);
  });

  it('have times in UTC, to the second', () => {
    expect(formatTime(new Date('2026-03-01T10:00:00.999Z'))).toBe('2026-03-01T10:00:00Z');
    expect(formatTime(undefined)).toBe('');
  });
});

describe('the program lethe', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lethe-cli-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const launch = (args: string[], options: { cwd: string; env?: NodeJS.ProcessEnv; launcher?: string }) =>
    new Promise<{ code: number | null; out: string; err: string }>((resolve, reject) => {
      const launcher = options.launcher ?? join(root, 'cli/lethe.mjs');
      const child = spawn(process.execPath, [launcher, ...args], {
        cwd: options.cwd,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env },
      });
      const [out, err]: [string[], string[]] = [[], []];
      child.stdout.on('data', (data) => out.push(String(data)));
      child.stderr.on('data', (data) => err.push(String(data)));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, out: out.join(''), err: err.join('') }));
    });

  const inFolder = (name: string, env?: string) => {
    const cwd = join(folder, name);
    mkdirSync(cwd);
    if (env !== undefined) writeFileSync(join(cwd, '.env'), env);
    return cwd;
  };

  it('runs from any folder, with the result alone on standard output', async () => {
    const { code, out, err } = await launch(['keys', 'generate'], { cwd: inFolder('plain') });
    expect(code).toBe(0);
    expect(Object.keys(parseEnv(out))).toEqual([...KEYS]);
    expect(err).toMatch(/^Keep these secret/);
  });

  it('fails with one line and no stack', async () => {
    const cwd = inFolder('bare');
    expect(await launch(['account', 'list'], { cwd })).toEqual({
      code: 1,
      out: '',
      err: 'lethe: MONGODB_URI is missing\n',
    });
    expect(await launch(['nothing'], { cwd })).toEqual({ code: 2, out: '', err: "lethe: unknown command 'nothing'\n" });
  });

  it('reads .env of the working directory; the environment itself goes first', async () => {
    const cwd = inFolder('env', 'MONGODB_URI=nonsense\nNUMBER_PREFIXES=x\n');
    const { err } = await launch(['check-map'], { cwd, env: { NUMBER_PREFIXES: '44' } });
    expect(err).toBe('lethe: MONGODB_URI must begin with mongodb:// or mongodb+srv://\n');
  });

  it('makes the file that keys are printed into readable by its owner alone, and a second time prints none', async () => {
    const cwd = inFolder('secret', '');
    chmodSync(join(cwd, '.env'), 0o644);
    const line = `"${process.execPath}" "${join(root, 'cli/lethe.mjs')}" keys generate >> .env`;
    const generate = () => spawnSync('sh', ['-c', line], { cwd, env: { PATH: process.env.PATH } }).status;
    expect(generate()).toBe(0);
    expect(statSync(join(cwd, '.env')).mode & 0o777).toBe(0o600);
    const text = readFileSync(join(cwd, '.env'), 'utf8');
    expect(Object.keys(parseEnv(text))).toEqual([...KEYS]);
    expect(generate()).toBe(1);
    expect(readFileSync(join(cwd, '.env'), 'utf8')).toBe(text);
  });

  it('refuses a .env that sets a variable twice', async () => {
    const cwd = inFolder('twice', 'PORT=1\nPORT=2\n');
    expect(await launch(['print-map'], { cwd })).toEqual({
      code: 1,
      out: '',
      err: 'lethe: the file .env sets a variable twice: PORT. Keep one line of each\n',
    });
  });

  it('says so when .env cannot be read', async () => {
    const cwd = inFolder('folder');
    mkdirSync(join(cwd, '.env'));
    expect(await launch(['print-map'], { cwd })).toEqual({
      code: 1,
      out: '',
      err: 'lethe: the file .env cannot be read\n',
    });
  });

  it('says so when there is nothing to run', async () => {
    const cwd = inFolder('installed');
    mkdirSync(join(cwd, 'cli'));
    cpSync(join(root, 'cli/lethe.mjs'), join(cwd, 'cli/lethe.mjs'));
    const { code, err } = await launch([], { cwd, launcher: join(cwd, 'cli/lethe.mjs') });
    expect({ code, err }).toEqual({ code: 1, err: 'lethe: not built: run npm ci && npm run build\n' });
  });

  it('runs what was built where there is no source, and where there is no tsx', async () => {
    const cwd = inFolder('built');
    mkdirSync(join(cwd, 'cli'));
    mkdirSync(join(cwd, 'dist/cli'), { recursive: true });
    cpSync(join(root, 'cli/lethe.mjs'), join(cwd, 'cli/lethe.mjs'));
    writeFileSync(join(cwd, 'package.json'), '{"type":"module"}');
    writeFileSync(join(cwd, 'dist/cli/main.js'), 'console.log("built", process.argv.slice(2).join(" "));');
    const options = { cwd, launcher: join(cwd, 'cli/lethe.mjs') };
    expect(await launch(['a', 'b'], options)).toEqual({ code: 0, out: 'built a b\n', err: '' });
    writeFileSync(join(cwd, 'cli/main.ts'), 'console.log("source");');
    expect(await launch(['a', 'b'], options)).toEqual({ code: 0, out: 'built a b\n', err: '' });
  });
});
