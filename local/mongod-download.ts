import { copyFile, rm, stat, writeFile } from 'node:fs/promises';
import { request as requestPlain } from 'node:http';
import { join } from 'node:path';
import { useCached } from './cache.ts';
import { checkMongod, type Mongod } from './mongod.ts';

/** How long the download host may take to answer anything, in milliseconds. */
const PATIENCE = 5_000;

/** How long a host that did not answer is not asked again, in milliseconds: a silent one costs its patience each time. */
const REMEMBERED = 3_600_000;
const SILENT = 'mongod-host-silent';

/**
 * A `mongod` downloaded by mongodb-memory-server-core into the user's cache. Its MONGOMS_* variables (mirror, version,
 * distribution) are honoured.
 *
 * @returns the program, or why there is none: quickly, where the host does not answer.
 */
export async function downloadMongod(
  cache: string,
  env: NodeJS.ProcessEnv,
  print: (line: string) => void,
): Promise<Mongod | string> {
  const folderName = `mongod-${process.platform}-${process.arch}-${env.MONGOMS_VERSION ?? 'default'}`;
  try {
    const folder = await useCached(cache, folderName, async (target) => {
      const url = new URL(env.MONGOMS_DOWNLOAD_URL ?? env.MONGOMS_DOWNLOAD_MIRROR ?? (await findHost()));
      await checkHost(url, env, join(cache, SILENT));
      print(`mongodb: fetching mongod from ${url.host}`);
      const { DryMongoBinary, MongoBinary } = await import('mongodb-memory-server-core');
      // It remembers where it last put one, which has been moved since.
      DryMongoBinary.binaryCache.clear();
      const downloads = join(target, 'download');
      await copyFile(await MongoBinary.getPath({ downloadDir: downloads }), join(target, 'mongod'));
      await rm(downloads, { recursive: true });
      const checked = await checkMongod(join(target, 'mongod'));
      if (typeof checked === 'string') throw new Error('the downloaded mongod does not run here');
    });
    return await checkMongod(join(folder, 'mongod'));
  } catch (error) {
    return (error as Error).message.replace(/\s*\n\s*/g, ' ');
  }
}

/** Where mongodb-memory-server-core downloads from unless its own variables say otherwise: for any system the same. */
async function findHost(): Promise<string> {
  const { MongoBinaryDownloadUrl } = await import('mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl.js');
  return new MongoBinaryDownloadUrl({ version: '8.0.0', platform: 'darwin', arch: 'arm64' }).getDownloadUrl();
}

/** Throws when the host does not answer, or did not within the last hour, which a note in the cache says. */
async function checkHost(url: URL, env: NodeJS.ProcessEnv, note: string): Promise<void> {
  const asked = await stat(note).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  const isAskedFor = env.LETHE_LOCAL_MONGO === 'download';
  if (!isAskedFor && Date.now() - asked < REMEMBERED)
    throw new Error(`${url.host} did not answer within the last hour`);
  if (await answers(url, env)) return rm(note, { force: true });
  await writeFile(note, '');
  throw new Error(`${url.host} does not answer`);
}

/** True when the host answers at all, whatever it says. Through the proxy where one is set. */
async function answers(url: URL, env: NodeJS.ProcessEnv): Promise<boolean> {
  const proxy = env.https_proxy ?? env.HTTPS_PROXY ?? env.http_proxy ?? env.HTTP_PROXY;
  if (proxy) return tunnels(new URL(proxy), `${url.hostname}:${url.port || '443'}`);
  return fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) }).then(
    () => true,
    () => false,
  );
}

/** True when a proxy opens a tunnel to the host (CONNECT, RFC 9110 section 9.3.6). */
async function tunnels(proxy: URL, target: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = requestPlain({ host: proxy.hostname, port: proxy.port || 80, method: 'CONNECT', path: target });
    asking.setTimeout(PATIENCE, () => asking.destroy());
    asking.once('connect', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode === 200);
    });
    asking.once('response', (response) => {
      response.resume();
      resolve(false);
    });
    asking.once('error', () => resolve(false));
    asking.once('close', () => resolve(false));
    asking.end();
  });
}
