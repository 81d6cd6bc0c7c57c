import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { DEFAULT_DATA_MAP } from '../../../src/engine/map/default-map.ts';
import { runRole } from '../../support/mongodb-role.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const role = runRole({ PASSWORD: 'x', DATABASE: 'platform' });
const actionsOn = (name: string) =>
  role.privileges
    .filter(({ resource: { db, collection } }) => db === 'platform' && collection === name)
    .flatMap(({ actions }) => actions);

/** Lethe's own collections: every such name in the source that names no index and no metric. */
function ownCollections(): string[] {
  const names = new Set<string>();
  for (const folder of ['src', 'api', 'workers', 'cli'])
    for (const file of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const text = readFileSync(join(ROOT, folder, file), 'utf8');
      for (const [, name = ''] of text.matchAll(/(?<!name: )'(lethe_[a-z_]*[a-z])'/g)) names.add(name);
    }
  return [...names].sort();
}

describe('deploy/mongodb/role.js', () => {
  const mapped = DEFAULT_DATA_MAP.collections;

  it('has every collection of the default map, to look, to change and to check indexes', () => {
    const lacking = mapped.filter(({ collection }) => {
      const actions = actionsOn(collection);
      return !['find', 'update', 'listIndexes'].every((action) => actions.includes(action));
    });
    expect(lacking.map(({ collection }) => collection)).toEqual([]);
  });

  it('may delete where records are deleted: contacts, resources, and what has an age', () => {
    const deleted = mapped.filter(
      (entry) => 'at' in entry || entry.record === 'resource' || (entry.record === 'contact' && !('elements' in entry)),
    );
    const expected = [...deleted.map(({ collection }) => collection), 'blacklist'].sort();
    expect(
      mapped
        .map(({ collection }) => collection)
        .filter((name) => actionsOn(name).includes('remove'))
        .sort(),
    ).toEqual(expected);
  });

  it("has every one of Lethe's own collections that the source names, and no other", () => {
    const own = ownCollections();
    expect(own.length).toBeGreaterThan(5);
    const named = role.privileges
      .map(({ resource }) => resource.collection)
      .filter((name) => name.startsWith('lethe_'));
    expect(named.sort()).toEqual(own);
  });

  it('may take nothing out of the audit, and drop nothing', () => {
    for (const name of ['lethe_audit', 'lethe_audit_heads']) expect(actionsOn(name)).not.toContain('remove');
    const actions = new Set(role.privileges.flatMap((privilege) => privilege.actions));
    expect([...actions].sort()).toEqual([
      'createCollection',
      'createIndex',
      'find',
      'insert',
      'listCollections',
      'listIndexes',
      'remove',
      'update',
    ]);
  });

  it('has rights in one database, and reads one collection of another', () => {
    const elsewhere = role.privileges.filter(({ resource }) => resource.db !== 'platform');
    expect(elsewhere).toEqual([{ resource: { db: 'config', collection: 'collections' }, actions: ['find'] }]);
  });

  it('can be run again: it changes what is there', () => {
    expect(role.calls).toEqual(['createRole', 'createUser']);
    const again = runRole({ PASSWORD: 'y', DATABASE: 'platform' }, true);
    expect(again.calls).toEqual(['updateRole', 'updateUser']);
    expect(again.privileges).toEqual(role.privileges);
    expect(again.user.pwd).toBe('y');
    expect(again.user.roles).toEqual([{ role: 'lethe', db: 'admin' }]);
  });

  it('makes no user without a password', () => {
    expect(() => runRole({})).toThrow('PASSWORD is missing');
  });
});
