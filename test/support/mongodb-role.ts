import { createContext, runInContext } from 'node:vm';
import { readProjectFile } from './deploy-files.ts';

const ROLE_FILE = 'deploy/mongodb/role.js';

/** One right as MongoDB has it. An empty collection is every collection of the database. */
interface Privilege {
  readonly resource: { readonly db: string; readonly collection: string };
  readonly actions: readonly string[];
}

/** What the script made: the users and roles are those of the `admin` database. */
export interface RoleResult {
  readonly privileges: readonly Privilege[];
  readonly calls: readonly string[];
  readonly user: { readonly pwd: string; readonly roles: readonly object[] };
}

/**
 * Runs deploy/mongodb/role.js as mongosh does, on a database that only notes down what it is told.
 * @param there are role and user there already?
 * @throws what the script throws
 */
export function runRole(env: Record<string, string>, there = false): RoleResult {
  const calls: string[] = [];
  let privileges: Privilege[] = [];
  let user: RoleResult['user'] | undefined;
  const admin = {
    getRole: () => (there ? {} : null),
    getUser: () => (there ? {} : null),
    createRole(role: { privileges: Privilege[] }) {
      calls.push('createRole');
      privileges = role.privileges;
    },
    updateRole(_name: string, role: { privileges: Privilege[] }) {
      calls.push('updateRole');
      privileges = role.privileges;
    },
    createUser(made: RoleResult['user']) {
      calls.push('createUser');
      user = made;
    },
    updateUser(_name: string, changed: RoleResult['user']) {
      calls.push('updateUser');
      user = changed;
    },
  };
  runInContext(readProjectFile(ROLE_FILE), createContext({ db: { getSiblingDB: () => admin }, process: { env } }));
  if (!user) throw new Error('no user was made');
  // Out of the other realm, whose arrays are not equal to those of the tests.
  return JSON.parse(JSON.stringify({ privileges, calls, user })) as RoleResult;
}

/** The actions that MongoDB asks for by command; none for those that belong to every session. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  find: ['find'],
  aggregate: ['find'],
  count: ['find'],
  distinct: ['find'],
  insert: ['insert'],
  update: ['update'],
  findAndModify: ['find', 'update'],
  delete: ['remove'],
  create: ['createCollection'],
  createIndexes: ['createIndex'],
  listIndexes: ['listIndexes'],
  listCollections: ['listCollections'],
  getMore: [],
  killCursors: [],
  endSessions: [],
  commitTransaction: [],
  abortTransaction: [],
  hello: [],
  ismaster: [],
  ping: [],
  buildInfo: [],
};

/**
 * Which of the actions of a command the role does not allow.
 * @throws Error for a command whose actions are not known here
 */
export function missingActions(role: RoleResult, database: string, command: string, collection: string): string[] {
  const needed = ACTIONS[command];
  if (!needed) throw new Error(`no actions are known for ${command}`);
  const target = command === 'listCollections' ? '' : collection;
  const allowed = role.privileges
    .filter(({ resource }) => resource.db === database && resource.collection === target)
    .flatMap(({ actions }) => actions);
  return needed.filter((action) => !allowed.includes(action));
}
