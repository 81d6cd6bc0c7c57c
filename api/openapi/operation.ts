import type { z } from 'zod';
import type { Scope } from '../../src/ledger/accounts/scopes.ts';

/** The description of a route. Its schemas are those that check its requests. */
export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Express knows it: `/v1/contacts/:e164`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** What a caller must be allowed to do. Every operation that is not open has one: without it all are refused. */
  readonly 'x-scope'?: Scope;
  /** True: no key is needed. */
  readonly open?: boolean;
  /** True: parameters and fields that are not named here are ignored. Only for what reads, and finds one account's own. */
  readonly lenient?: boolean;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** A body to try: it harms nobody, and is accepted where such records are. */
  readonly bodyExample?: object;
  readonly responses: Readonly<Record<number, Answer>>;
}

/** One answer of a route. */
export interface Answer {
  readonly description: string;
  /** JSON unless another type is named, or several; none at all with `null`. */
  readonly type?: string | readonly string[] | null;
  readonly example?: unknown;
  /** The shape of its body. */
  readonly schema?: z.ZodType;
}
