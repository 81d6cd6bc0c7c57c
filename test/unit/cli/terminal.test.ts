import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createProgress } from '../../../cli/progress.ts';
import { readSecretLine } from '../../../cli/secret.ts';
import { foldTable } from '../../../cli/table.ts';

describe('readSecretLine', () => {
  const terminal = () => {
    const input = Object.assign(new PassThrough(), {
      isTTY: true,
      modes: [] as boolean[],
      setRawMode(mode: boolean) {
        input.modes.push(mode);
        return input as never;
      },
    });
    return input;
  };

  it('takes the first line of a pipe, and asks nothing', async () => {
    const input = new PassThrough();
    const asked: string[] = [];
    input.end(' +447700900123 \nmore\n');
    expect(await readSecretLine(input, (text) => asked.push(text), 'Number: ')).toBe('+447700900123');
    expect(asked).toEqual([]);
  });

  it('refuses what goes on without end', async () => {
    const input = new PassThrough();
    input.end('7'.repeat(2_000));
    await expect(readSecretLine(input, () => {}, '')).rejects.toThrow('too long');
  });

  it('asks at a terminal, echoes nothing, and takes keys back', async () => {
    const input = terminal();
    const asked: string[] = [];
    const reading = readSecretLine(input, (text) => asked.push(text), 'Number: ');
    for (const keys of ['44770', '1', '\u007f', '0900123', '\r']) input.write(keys);
    expect(await reading).toBe('447700900123');
    expect(asked).toEqual(['Number: ', '\n']);
    expect(input.modes).toEqual([true, false]);
  });

  it('ends with Ctrl-C, and gives the terminal back', async () => {
    const input = terminal();
    const reading = readSecretLine(input, () => {}, '');
    input.write('44\u0003');
    await expect(reading).rejects.toThrow('interrupted');
    expect(input.modes).toEqual([true, false]);
  });
});

describe('foldTable', () => {
  const header = ['REFERENCE', 'ACCOUNT', 'STATE', 'WHY'];
  const rows = [
    ['BWwmkoxO3YTfpEt', 'acc_aB3dE6gH9jK2', 'failed', 'refused sent_sms.to'],
    ['x', 'y', '', 'z'],
  ];

  it('is one line a row where nobody says how wide it may be', () => {
    expect(foldTable(header, rows)).toHaveLength(3);
  });

  it('fits the terminal: what does not goes on a line of its own, indented', () => {
    expect(foldTable(header, rows, 41)).toEqual([
      'REFERENCE        ACCOUNT           STATE',
      '    WHY',
      'BWwmkoxO3YTfpEt  acc_aB3dE6gH9jK2  failed',
      '    refused sent_sms.to',
      'x                y                 -',
      '    z',
    ]);
    for (const width of [24, 30, 41, 60, 80])
      for (const line of foldTable(header, rows, width)) expect(line.length).toBeLessThanOrEqual(width);
  });

  it('has one column a line at least', () => {
    expect(foldTable(['A', 'B'], [['aaaaaa', 'bbbbbb']], 3)).toEqual(['A', '    B', 'aaaaaa', '    bbbbbb']);
  });
});

describe('createProgress', () => {
  const at = { place: 'sms', read: 500, total: 2_000 };
  let now = 0;
  const clock = () => now;

  it('says nothing of what is done within two seconds', () => {
    const notes: string[] = [];
    const progress = createProgress({ note: (line) => notes.push(line) }, 'records', clock);
    now += 1_999;
    progress.onProgress(at);
    expect(notes).toEqual([]);
  });

  it('writes a line now and then where there is no terminal', () => {
    const notes: string[] = [];
    const progress = createProgress({ note: (line) => notes.push(line) }, 'records', clock);
    for (let second = 0; second < 20; second += 1) {
      now += 1_000;
      progress.onProgress({ ...at, total: second < 10 ? 2_000 : 0 });
    }
    expect(notes).toEqual(['sms: 500 of about 2000 records (25 %)', 'sms: 500 records']);
  });

  it('draws a bar on a terminal, and takes it away', () => {
    const drawn: string[] = [];
    const progress = createProgress({ note: () => {}, status: (line) => drawn.push(line) }, 'records', clock);
    progress.clear();
    now += 2_000;
    progress.onProgress(at);
    progress.onProgress(at);
    progress.clear();
    progress.clear();
    expect(drawn).toEqual(['[#####...............] sms: 500 of about 2000 records', '']);
  });
});
