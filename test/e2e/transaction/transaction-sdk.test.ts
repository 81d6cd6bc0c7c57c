import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProductType, Redact, Type } from '@vonage/redact';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { ERRORS_AT, insertTransactions, OLD } from '../../support/transactions.ts';

/** What the SDK throws for an answer that is no success. */
interface SdkError {
  readonly message: string;
  readonly response: Response;
}

/** The contract as its customers' own SDK speaks it. */
describe('the official Node SDK', () => {
  let platform: Platform;
  let url: string;

  beforeAll(async () => {
    platform = await openPlatform('transaction-sdk', { REDACT_RATE_LIMIT: '0' });
    ({ url } = await platform.startApi());
  });
  afterAll(() => platform?.close());

  const customer = async (apiHost = url, at = OLD) => {
    const made = await platform.account();
    await insertTransactions(platform, made.account.records_id, at);
    const [apiKey = '', apiSecret = ''] = made.key.split('.');
    return { ...made, apiKey, apiSecret, sdk: new Redact({ apiKey, apiSecret }, { apiHost }) };
  };
  const failure = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown as SdkError,
    );
    if (!error?.response) throw error ?? new Error('it did not fail');
    return { message: error.message, status: error.response.status, body: (await error.response.json()) as unknown };
  };
  const problem = (type: string, title: string, detail: string) => ({
    type: ERRORS_AT + type,
    title,
    detail,
    instance: expect.stringMatching(/^[0-9a-f]{32}$/),
  });

  it('knows the products and types it is tested with', () => {
    expect(Object.values(ProductType).sort()).toEqual(['NumberInsight', 'SMS', 'Verify', 'VerifySDK', 'Voice']);
    expect(Object.values(Type).sort()).toEqual(['Inbound', 'Outbound']);
  });

  const all = [
    [ProductType.SMS, 'out-1', Type.OUTBOUND, 'sent_sms'],
    [ProductType.SMS, 'in-1', Type.INBOUND, 'received_sms'],
    [ProductType.Voice, 'call-in', Type.INBOUND, 'calls'],
    [ProductType.NumberInsight, 'n-1', undefined, 'insights'],
    [ProductType.Verify, 'v-1', undefined, 'verifications'],
    [ProductType.VerifySDK, 'v-1', Type.OUTBOUND, 'verifications'],
  ] as const;
  it.each(all)('redactMessage %s %s %s', async (product, id, type, collection) => {
    const { sdk, account } = await customer();
    await expect(sdk.redactMessage({ id, product, ...(type && { type }) })).resolves.toBeUndefined();
    const redacted = await platform.core.db
      .collection(collection)
      .find({ account_id: account.records_id, redacted_at: { $type: 'date' } })
      .toArray();
    expect(redacted).toHaveLength(1);
    expect(Object.values(redacted[0] ?? {})).toContain('REDACTED');
    await expect(sdk.redactMessage({ id, product, ...(type && { type }) })).resolves.toBeUndefined();
  });

  it('401', async () => {
    const { apiKey } = await customer();
    const sdk = new Redact({ apiKey, apiSecret: 'wrong' }, { apiHost: url });
    expect(await failure(sdk.redactMessage({ id: 'out-1', product: ProductType.SMS }))).toEqual({
      message: 'Request failed with status code 401',
      status: 401,
      body: { type: 'UNAUTHORIZED', error_title: 'Unauthorized' },
    });
  });

  it('403 premature-redaction', async () => {
    const { sdk } = await customer(url, new Date());
    expect(await failure(sdk.redactMessage({ id: 'out-1', product: ProductType.SMS }))).toEqual({
      message: 'Request failed with status code 403',
      status: 403,
      body: problem(
        '/redact#premature-redaction',
        'Premature Redaction',
        "You must wait 60 minutes before redacting ID 'out-1'",
      ),
    });
  });

  it('403 unprovisioned', async () => {
    const { sdk, account, apiKey } = await customer();
    await platform.core.accounts.setProducts(account._id, ['verify']);
    expect(await failure(sdk.redactMessage({ id: 'call-out', product: ProductType.Voice }))).toMatchObject({
      status: 403,
      body: problem(
        '#unprovisioned',
        'Authorisation error',
        `User=${apiKey} is not provisioned to redact product=VOICE`,
      ),
    });
  });

  it('404 invalid-id', async () => {
    const { sdk } = await customer();
    const nobody = sdk.redactMessage({ id: '0A000000B0C9A1234', product: ProductType.SMS, type: Type.INBOUND });
    expect(await failure(nobody)).toMatchObject({
      status: 404,
      body: problem('#invalid-id', 'Invalid ID', "ID '0A000000B0C9A1234' could not be found (type=MO)"),
    });
  });

  it('422 invalid-product, and invalid-json for an id that is missing', async () => {
    const { sdk } = await customer();
    const sms2 = sdk.redactMessage({ id: 'out-1', product: 'sms2!' as ProductType });
    expect(await failure(sms2)).toMatchObject({
      status: 422,
      body: problem('/redact#invalid-product', 'Invalid Product', 'No product corresponding to supplied string sms2!'),
    });
    const nothing = sdk.redactMessage({ product: ProductType.SMS } as Parameters<Redact['redactMessage']>[0]);
    expect(await failure(nothing)).toMatchObject({
      status: 422,
      body: problem('#invalid-json', 'Invalid JSON', 'id must be a string'),
    });
  });

  it('429 rate-limit', async () => {
    const { url: limited } = await platform.startApi({ REDACT_RATE_LIMIT: '1' });
    const { sdk } = await customer(limited);
    const began = Math.floor(Date.now() / 1000);
    const calls = Array.from({ length: 20 }, () =>
      failure(sdk.redactMessage({ id: 'out-1', product: ProductType.SMS })).catch(() => null),
    );
    const refused = (await Promise.all(calls)).filter((one) => one !== null);
    const seconds = Math.floor(Date.now() / 1000) - began + 1;
    expect(refused.length).toBeGreaterThanOrEqual(Math.max(1, 20 - seconds));
    for (const one of refused)
      expect(one).toMatchObject({
        status: 429,
        body: problem('/redact#rate-limit', 'Rate Limit Hit', 'Please wait, then retry your request'),
      });
  });
});
