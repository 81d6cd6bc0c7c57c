import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import { inTransaction } from '../../../../src/base/db/transaction.ts';
import { AUDIT_HEADS } from '../../../../src/ledger/audit/entry.ts';
import {
  RECEIPT_HEADS,
  RECEIPT_TYPE,
  RECEIPTS,
  type ReceiptDraft,
  type ReceiptHead,
  type ReceiptRow,
} from '../../../../src/ledger/receipts/receipt.ts';
import { verifyReceipt } from '../../../../src/ledger/receipts/verify.ts';
import { type ErasureRequest, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { draftRequest } from '../../../../src/ledger/requests/open-request.ts';
import { digestOf } from '../../../../src/lib/digest.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);
const iso = (ms: number) => later(ms).toISOString();

describe('rows of receipts', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('receipt-rows');
  });
  afterAll(() => platform?.close());

  const looks = { indexed: 'made', scan: 'made', not_scanned: ['archive'], files: 'off', reports: 'made' } as const;
  const complete = async (account_id: string, more: Partial<ErasureRequest> = {}): Promise<ErasureRequest> => {
    const request: ErasureRequest = {
      ...draftRequest({
        ...{ account_id, profile: 'forget', selector: { by: 'number' }, token: 'k.t', requested_by: 'k' },
        ...{ keep_suppression: true, now: NOW, graceMs: 0, deadlineMs: 60_000 },
      }),
      ...{ state: 'completed', completed_at: later(5_000), erased: { calls: 2 }, ...more },
    };
    const { unfinished: _, ...row } = request;
    await requestsOf(platform.core.db).insertOne(row as ErasureRequest);
    return row as ErasureRequest;
  };
  const issue = async (drafts: readonly ReceiptDraft[]) => {
    let ended: ErasureRequest[] = [];
    await inTransaction(platform.core.db, async (session) => {
      ended = await platform.core.receipts.issue(drafts, session);
    });
    return ended;
  };
  const draft = (request: ErasureRequest, more: Partial<ReceiptDraft> = {}): ReceiptDraft => ({
    ...{ request, token: 'k.plain', looks, ...more },
  });
  const rowOf = async ({ account_id, reference }: ErasureRequest): Promise<ReceiptRow> => {
    const row = await platform.core.receipts.find(account_id, reference);
    if (!row) throw new Error('no receipt');
    return row;
  };
  const claimsOf = async (request: ErasureRequest) =>
    (await verifyReceipt((await rowOf(request)).jws, platform.core.signer.jwks)).claims;
  const headOf = (id: string) => platform.core.db.collection<ReceiptHead>(RECEIPT_HEADS).findOne({ _id: id });

  it('say what the ledger says, each linked behind its account’s last one', async () => {
    const { db, signer } = platform.core;
    await db.collection<{ _id: string }>(AUDIT_HEADS).insertOne({ _id: 'acc_1', seq: 7, mac: 'k.mac' } as never);
    const scan = {
      done: later(4_000),
      elsewhere: [
        { path: 'a', count: 2 },
        { path: 'b', count: 3 },
      ],
    };
    const one = await complete('acc_1', { scan, files_missing: 4 });
    const two = await complete('acc_1', { profile: 'contact', keep_suppression: false });
    const other = await complete('acc_2', { keep_suppression: false });
    const bystander = await complete('acc_1');
    const ended = await issue([draft(two), draft(other), draft(one)]);
    expect(ended.map(({ reference }) => reference).sort()).toEqual(
      [one, two, other].map((row) => row.reference).sort(),
    );
    const base = {
      ...{
        version: 1,
        token: 'k.plain',
        accepted: iso(0),
        due: iso(60_000),
        completed: iso(5_000),
        erased: { calls: 2 },
      },
      ...{ elsewhere: 0, files_missing: 0, looks, data_map: expect.stringMatching(/^[\w-]{43}$/) },
      ...{ lethe: expect.any(String), profile: { name: 'forget', digest: expect.stringMatching(/^[\w-]{43}$/) } },
    };
    const audit = { entry: 7, mac: 'k.mac' };
    expect(await claimsOf(two)).toEqual({
      ...{ ...base, reference: two.reference, account: 'acc_1', audit, serial: 1, previous: null },
      profile: { name: 'contact', digest: expect.any(String) },
    });
    const first = await rowOf(two);
    expect(await claimsOf(one)).toEqual({
      ...{ ...base, reference: one.reference, account: 'acc_1', audit, serial: 2, previous: digestOf(first.jws) },
      ...{ elsewhere: 5, files_missing: 4, suppressed: true, looks: { ...looks, scanned: iso(4_000) } },
    });
    expect(await claimsOf(other)).toEqual({
      ...{ ...base, reference: other.reference, account: 'acc_2', audit: { entry: 0, mac: '' } },
      ...{ serial: 1, previous: null, suppressed: false },
    });
    const second = await rowOf(one);
    expect(second).toEqual({
      ...{ _id: second._id, account_id: 'acc_1', reference: one.reference, seq: 2, token: 'k.plain', jws: second.jws },
      ...{ mark: `${signer.keyId}.${digestOf(second.jws)}`, created_at: later(5_000) },
    });
    expect(await headOf('acc_1')).toEqual({ _id: 'acc_1', seq: 2, hash: digestOf(second.jws) });
    expect(await headOf('acc_2')).toEqual({ _id: 'acc_2', seq: 1, hash: digestOf((await rowOf(other)).jws) });
    expect(await platform.core.receipts.find('acc_1', bystander.reference)).toBeNull();
    expect(await platform.core.receipts.find('acc_2', one.reference)).toBeNull();

    const before = { reference: 'r0', before: NOW, undated: true, suppressed: true, records: [] };
    const late = await complete('acc_1', { selector: { by: 'number', late: before }, scan: { done: NOW } });
    await issue([draft(late, { looks: { ...looks, scan: 'off' } }), draft(await complete('acc_3'))]);
    expect(await claimsOf(late)).toMatchObject({
      ...{ serial: 3, previous: digestOf(second.jws), follows: { reference: 'r0', before: iso(0) } },
    });
    expect((await claimsOf(late)).looks).toEqual({ ...looks, scan: 'off' });
    expect((await headOf('acc_1'))?.seq).toBe(3);
    expect((await headOf('acc_2'))?.seq).toBe(1);
  });

  it('are none of what is not there, or not completed, or not committed', async () => {
    const { db } = platform.core;
    expect(await issue([])).toEqual([]);
    const open = await complete('acc_5', { completed_at: undefined as never });
    await requestsOf(db).updateOne({ _id: open._id }, { $unset: { completed_at: '' } });
    await expect(issue([draft(open)])).rejects.toThrow('not completed');
    await expect(issue([draft({ ...open, account_id: 'acc_6' })])).rejects.toThrow('not there');
    const done = await complete('acc_5');
    await expect(issue([draft(done), draft(open)])).rejects.toThrow('not completed');
    const failing = inTransaction(db, async (session) => {
      await platform.core.receipts.issue([draft(done)], session);
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.collection(RECEIPTS).countDocuments({ account_id: 'acc_5' })).toBe(0);
    expect(await headOf('acc_5')).toBeNull();
    await issue([draft(done)]);
    const next = await complete('acc_5');
    const again = inTransaction(db, async (session) => {
      await platform.core.receipts.issue([draft(next)], session);
      throw new RangeError('no');
    });
    await expect(again).rejects.toThrow('no');
    expect(await headOf('acc_5')).toMatchObject({ seq: 1 });
  });

  describe('are checked', () => {
    const sign = async (payload: unknown, typ = RECEIPT_TYPE) => {
      const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
      const jws = await new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
        .setProtectedHeader({ alg: 'EdDSA', kid: 'k1', typ })
        .sign(privateKey);
      return { jws, keys: { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'EdDSA' }] } };
    };
    const claims = {
      ...{ version: 1, reference: 'r', account: 'a', token: 't', accepted: iso(0), due: iso(0), completed: iso(0) },
      ...{ erased: { calls: 1 }, looks: { indexed: 'made', scan: 'made', files: 'off', reports: 'made' } },
      ...{ serial: 1, previous: null },
    };

    it('and may say more', async () => {
      const { jws, keys } = await sign({ ...claims, more: 1, looks: { ...claims.looks, more: 1 } });
      expect(await verifyReceipt(`${jws.slice(0, 9)}\r\n ${jws.slice(9)}`, keys)).toEqual({
        ...{ claims: { ...claims, more: 1, looks: { ...claims.looks, more: 1 } }, keyId: 'k1', hash: digestOf(jws) },
      });
      const other = await sign(claims, 'lethe-other');
      await expect(verifyReceipt(other.jws, other.keys)).rejects.toThrow('is no receipt');
    });

    it.each(Object.keys(claims))('and say %s', async (name) => {
      const { [name as keyof typeof claims]: _, ...less } = claims;
      const { jws, keys } = await sign(less);
      await expect(verifyReceipt(jws, keys)).rejects.toThrow('lacks what a receipt says');
    });

    it.each(Object.keys(claims.looks))('and say which looks were made: %s', async (name) => {
      const { [name as keyof typeof claims.looks]: _, ...less } = claims.looks;
      const { jws, keys } = await sign({ ...claims, looks: less });
      await expect(verifyReceipt(jws, keys)).rejects.toThrow('lacks what a receipt says');
    });
  });
});
