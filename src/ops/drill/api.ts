/** What a drill asks of the API, as any customer would. */
export interface DrillApi {
  /** @returns the reference of the accepted request */
  forget(number: string): Promise<string>;
  /** `failed` is what the API says of a request that needs a person. */
  state(reference: string): Promise<string>;
}

/** The API did not answer as its contract says. The message holds no number and no key. */
export class DrillRefused extends Error {
  override readonly name = 'DrillRefused';
}

const PATIENCE_MS = 30_000;
const REQUEST_FAILED = 409;

/**
 * @param url the API's address, without a slash at its end
 * @param key a whole key of the account
 */
export function createDrillApi(url: string, key: string, signal: AbortSignal): DrillApi {
  const ask = async (path: string, init: RequestInit): Promise<{ status: number; body: Record<string, unknown> }> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    let response: Response;
    try {
      response = await fetch(url + path, { ...init, signal: limit, headers: { Authorization: `Bearer ${key}` } });
    } catch {
      signal.throwIfAborted();
      throw new DrillRefused('the API cannot be reached at this address');
    }
    const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    return { status: response.status, body };
  };
  return {
    async forget(number) {
      // The suppression of somebody who does not exist is not to stay.
      const { status, body } = await ask('/gdpr/forget', {
        method: 'POST',
        body: JSON.stringify({ number, blacklist: true }),
      });
      if (status !== 200 || typeof body.reference !== 'string')
        throw new DrillRefused(`the API answered ${status} to the request to forget the made-up person`);
      return body.reference;
    },
    async state(reference) {
      const { status, body } = await ask(`/gdpr/status?reference=${encodeURIComponent(reference)}`, {});
      if (status === REQUEST_FAILED) return 'failed';
      if (status !== 200) throw new DrillRefused(`the API answered ${status} when it was asked for the state`);
      return String(body.state);
    },
  };
}
