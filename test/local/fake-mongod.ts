import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { BSON } from 'bson';
import { readRequest, splitMessages, writeReply } from '../../local/documentdb/gateway/wire.ts';

/**
 * Stands in for a `mongod` where none is installed, as far as starting one goes: command line, replica set, exit. It
 * keeps its configuration in its data folder, and serves no data.
 */
const args = process.argv.slice(2);
if (args.includes('--version')) {
  console.log('db version v8.0.4');
  process.exit(0);
}
const option = (name: string) => args[args.indexOf(name) + 1] ?? '';
const port = Number(option('--port'));
const file = join(option('--dbpath'), 'config.json');
writeFileSync(join(option('--dbpath'), 'WiredTiger'), '');

interface Config {
  version?: number;
  members: { _id: number; host: string }[];
}
let config: Config | null = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
const keep = (next: Config) => {
  config = next;
  writeFileSync(file, JSON.stringify(next));
};
const isMember = () => config?.members[0]?.host === `127.0.0.1:${port}`;

const answer = (command: Record<string, unknown>): Record<string, unknown> => {
  if ('hello' in command || 'ismaster' in command || 'isMaster' in command) {
    const set = isMember()
      ? { setName: option('--replSet'), me: `127.0.0.1:${port}`, hosts: [`127.0.0.1:${port}`] }
      : {};
    return {
      ok: 1,
      helloOk: true,
      isWritablePrimary: isMember(),
      ismaster: isMember(),
      minWireVersion: 0,
      maxWireVersion: 25,
      ...set,
    };
  }
  if ('replSetGetConfig' in command) {
    return config ? { ok: 1, config } : { ok: 0, code: 94, codeName: 'NotYetInitialized', errmsg: 'no config' };
  }
  if ('replSetInitiate' in command && !config) keep({ version: 1, ...(command.replSetInitiate as Config) });
  else if ('replSetReconfig' in command) {
    const next = command.replSetReconfig as Config;
    if (command.force !== true || next.version !== (config?.version ?? 0) + 1)
      return { ok: 0, code: 103, errmsg: 'no' };
    keep(next);
  }
  return { ok: 1 };
};

const server = createServer((socket) => {
  socket.on('error', () => {});
  const split = splitMessages((message) => {
    const request = readRequest(message);
    if (!request) return;
    for (const part of writeReply(request, 1, answer(BSON.deserialize(request.command.body)))) socket.write(part);
  });
  socket.on('data', split);
});
server.listen(port, '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
