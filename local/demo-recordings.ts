import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder } from './private-files.ts';

const RATE = 8_000;
const SECONDS = 0.25;
const PITCH = 440;

/** Writes a recording for each name: a short tone. */
export async function writeRecordings(folder: string, names: readonly string[]): Promise<void> {
  await makePrivateFolder(folder);
  const sound = makeTone();
  for (const name of names) await writeFile(join(folder, name), sound);
}

/** A WAV file (RIFF, PCM): one channel of 8 bits, as telephony has it. */
function makeTone(): Buffer {
  const samples = Buffer.from(
    Array.from(
      { length: RATE * SECONDS },
      (_, at) => 128 + Math.round(60 * Math.sin((2 * Math.PI * PITCH * at) / RATE)),
    ),
  );
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}
