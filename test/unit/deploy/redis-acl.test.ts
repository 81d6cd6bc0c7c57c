import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readConfigPart } from '../../../src/base/config.ts';
import { queuePrefix } from '../../../src/base/queue/connections.ts';
import { commandsOf, readAcl } from '../../support/redis-acl.ts';

/** Every command of the scripts that BullMQ has Redis run. The ACL of the caller holds inside a script, too. */
function commandsOfScripts(): Set<string> {
  const folder = join(dirname(createRequire(import.meta.url).resolve('bullmq')), 'scripts');
  const commands = new Set<string>();
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.js')))
    for (const [, command = ''] of readFileSync(join(folder, name), 'utf8').matchAll(
      /\br(?:edis\.)?call\(\s*\\?["'](\w+)/g,
    ))
      commands.add(command.toLowerCase());
  return commands;
}

describe('deploy/redis/users.acl', () => {
  const lines = readAcl().trimEnd().split('\n');
  const lethe = lines.find((line) => line.startsWith('user lethe ')) ?? '';

  it('lets nobody in without a password', () => {
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe('user default off');
    // A placeholder that is not filled in is no digest: Redis does not start with it.
    expect(lethe).toContain(' #LETHE_PASSWORD_SHA256 ');
    expect(lethe).not.toMatch(/ (nopass|>)/);
  });

  it('shows the keys of the default prefix, no channel, and no command but those it names', () => {
    const { QUEUE_PREFIX } = readConfigPart({}, ['QUEUE_PREFIX']);
    const rules = lethe.split(' ').slice(3);
    expect(rules.filter((rule) => !/^[#+]/.test(rule))).toEqual([
      `~${queuePrefix(QUEUE_PREFIX)}:*`,
      'resetchannels',
      '-@all',
    ]);
    expect(rules.filter((rule) => rule.startsWith('+@'))).toEqual([]);
  });

  it('allows every command of the scripts of BullMQ that is installed', () => {
    const allowed = commandsOf('lethe');
    const needed = commandsOfScripts();
    expect(needed.size).toBeGreaterThan(50);
    expect([...needed].filter((command) => !allowed.has(command))).toEqual([]);
  });

  it('allows nothing that reaches beyond the keys', () => {
    const allowed = commandsOf('lethe');
    const beyond = ['flushall', 'flushdb', 'keys', 'scan', 'config', 'acl', 'debug', 'shutdown', 'monitor', 'save'];
    expect(beyond.filter((command) => allowed.has(command))).toEqual([]);
  });
});
