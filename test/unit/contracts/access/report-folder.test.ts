import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createReportFolder } from '../../../../src/contracts/access/reports/folder.ts';
import { findInFile, searchFor } from '../../../../src/contracts/access/reports/number-in-file.ts';
import { phoneNumber } from '../../../support/numbers.ts';

describe('the files of reports', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-folder-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it.each(['../outside', 'a/../../outside', '/etc/passwd', '..', '', 'x'.repeat(42), `${'x'.repeat(42)}/`])(
    'a name such as %j leads nowhere',
    async (name) => {
      await writeFile(join(folder, 'outside'), 'kept');
      const inner = createReportFolder(join(folder, 'reports'));
      await expect(inner.create(name)).rejects.toThrow('not the name');
      await expect(inner.read(name)).rejects.toThrow('not the name');
      await expect(inner.remove(name)).rejects.toThrow('not the name');
      expect(await readdir(folder)).toContain('outside');
    },
  );

  it('a number is found where its line is longer than what is read at once', async () => {
    const number = phoneNumber(447700900123);
    const path = join(folder, 'long');
    // The stream reads 64 KiB at once: the number lies across the border, and no line ends before it.
    for (const before of [65_530, 65_536, 131_066, 200_000]) {
      await writeFile(path, `${'x'.repeat(before)},${number},${'y'.repeat(70_000)}\n`);
      expect((await findInFile(await open(path), searchFor([number], ['GB']), () => false)).found).toBe(number);
      await writeFile(path, `${'x'.repeat(before)},1${number},\n`);
      expect((await findInFile(await open(path), searchFor([number], ['GB']), () => false)).found).toBeNull();
    }
  });

  it('a search that is given up time and again comes to the end of the file', async () => {
    const number = phoneNumber(447700900123);
    const path = join(folder, 'given-up');
    await writeFile(path, `${'acc_1,sms,é,ACME,447700900555\r\n'.repeat(20_000)}acc_1,sms,ACME,${number}\r\n`);
    const search = searchFor([number], ['GB']);
    let from = 0;
    for (let looks = 1; ; looks += 1) {
      let chunks = 0;
      const { found, clean } = await findInFile(await open(path), search, () => ++chunks > 3, from);
      if (found !== null) {
        expect([found, looks > 2]).toEqual([number, true]);
        return;
      }
      expect(clean).toBeGreaterThan(from);
      from = clean;
    }
  });

  it.each([
    ['acc_1,sms,m-1,outbound,ACME,07700 900 123,2026-11-26T06:00:00.000Z,,delivered', ['GB']],
    ['acc_1,sms,m-1,outbound,447700900456,+44 (0)7700-900-123,2026-11-26', ['GB']],
    ['acc_1,sms,m-1,inbound,whatsapp:+447700900123,ACME,,"Hi, Jo"', ['GB']],
    ['acc_1,sms,m-1,inbound,ACME,ACME,,"call me on ٠٧٧٠٠٩٠٠١٢٣, please"', ['GB']],
    ['{"id":"m-1","to":"ACME","message_body":"\\"ring 07700\\u2060900123\\""},', ['GB']],
    [`{"id":"m-1","message_body":"${Buffer.from('from +447700900123.').toString('base64')}"},`, ['GB']],
    ['acc_1,sms,m-1,inbound,(201) 555-0123,ACME,,', ['US']],
    ['acc_1,sms,m-1,inbound,7700900123,ACME,,', ['GB']],
  ] as const)('a number is found in every writing of the account’s countries: %s', (line, countries) => {
    const number = phoneNumber(countries[0] === 'US' ? 12015550123 : 447700900123, ['44', '1']);
    const other = phoneNumber(countries[0] === 'US' ? 12015550199 : 447700900999, ['44', '1']);
    expect(searchFor([other, number], countries)(`id,to\r\n${line}\r\n`)).toBe(number);
    expect(searchFor([other], countries)(`id,to\r\n${line}\r\n`)).toBeNull();
  });
});
