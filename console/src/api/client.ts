/** A refusal by the API, or an API that is not there (`status` 0). The message is fit to be shown. */
export class ApiError extends Error {
  readonly status: number;
  /** The error's name or number in the API's tables, where it has one. */
  readonly code: string;
  readonly body: unknown;

  constructor(status: number, code: string, message: string, body?: unknown) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.body = body;
  }
}

interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** The account whose data it is; without it, every account the person may see. */
  readonly account?: string | undefined;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/** What the client tells of: the shell shows it. */
export interface ClientEvents {
  /** The session ended while the console was open. */
  signedOut(): void;
  /** The API answers, or does not. */
  reachable(is: boolean): void;
}

export interface ApiClient {
  /** @returns the parsed JSON; undefined for an answer without a body. @throws ApiError */
  call<Answer>(path: string, options?: CallOptions): Promise<Answer>;
  /** @returns the answer's text. @throws ApiError */
  text(path: string, options?: CallOptions): Promise<string>;
  /** The token that goes with every write from now on. */
  setCsrf(token: string): void;
}

const SESSION = '/console/api/session';
/** Who has touched nothing for so long may be away: what the page asks by itself then does not keep the session alive. */
const ACTIVE_MS = 60_000;
/** Behind a proxy an API that is away answers with one of these. */
const AWAY = [502, 503, 504];

/** Calls the API of this origin with the session's cookie. */
export function createClient(events: ClientEvents): ApiClient {
  let csrf = '';
  let lastAct = performance.now();
  for (const act of ['pointerdown', 'keydown'])
    window.addEventListener(act, () => {
      lastAct = performance.now();
    });

  async function send(path: string, options: CallOptions): Promise<Response> {
    const { method = 'GET', body, account, accept = 'application/json', signal } = options;
    const response = await fetch(withQuery(path, options.query), {
      method,
      headers: {
        Accept: accept,
        ...(performance.now() - lastAct > ACTIVE_MS && { 'Lethe-Background': 'true' }),
        ...(account !== undefined && { 'Lethe-Account': account }),
        ...(method !== 'GET' && csrf !== '' && { 'X-CSRF-Token': csrf }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
      credentials: 'same-origin',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      events.reachable(false);
      throw new ApiError(0, 'away', 'Lethe cannot be reached. Nothing was lost; it is tried again by itself.');
    });
    events.reachable(!AWAY.includes(response.status));
    return response;
  }

  /** Another tab may have signed in anew: its token is the one that counts. */
  async function renewCsrf(): Promise<boolean> {
    const response = await send(SESSION, {});
    if (!response.ok) return false;
    const { csrf: fresh } = (await response.json()) as { csrf: string };
    const changed = fresh !== csrf;
    csrf = fresh;
    return changed;
  }

  async function request(path: string, options: CallOptions): Promise<Response> {
    let response = await send(path, options);
    const isWrite = (options.method ?? 'GET') !== 'GET';
    if (response.status === 403 && isWrite && path !== SESSION && (await renewCsrf()))
      response = await send(path, options);
    if (response.ok) return response;
    // A wrong password is no end of a session.
    if (response.status === 401 && !path.startsWith(SESSION)) events.signedOut();
    throw await readError(response);
  }

  return {
    async call<Answer>(path: string, options: CallOptions = {}) {
      const response = await request(path, options);
      const text = await response.text();
      return (text === '' ? undefined : JSON.parse(text)) as Answer;
    },
    async text(path, options = {}) {
      return (await request(path, options)).text();
    },
    setCsrf(token) {
      csrf = token;
    },
  };
}

function withQuery(path: string, query: CallOptions['query'] = {}): string {
  const given = Object.entries(query).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/** The doors of the API have their own shapes of errors: a message is looked for in each. */
async function readError(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const { error, msg, message, detail, title, error_code } = (body ?? {}) as Record<string, unknown>;
  const inner = typeof error === 'object' && error !== null ? (error as { code?: unknown; msg?: unknown }) : undefined;
  const said = [inner?.msg, msg, message, detail, title].find((one) => typeof one === 'string');
  const code = inner?.code ?? error ?? error_code ?? response.status;
  return new ApiError(
    response.status,
    String(code),
    typeof said === 'string' ? said : plainStatus(response.status),
    body,
  );
}

function plainStatus(status: number): string {
  if (status === 401) return 'You are not signed in.';
  if (status === 403) return 'Your role does not allow this.';
  if (status === 404) return 'There is nothing here, or it is not yours.';
  if (status === 429) return 'Too many requests at once. Wait a moment and try again.';
  return `Lethe answered with an error (${status}). Try again; if it stays, tell an operator.`;
}
