import { call } from './wire.ts';

interface Described {
  readonly security?: readonly unknown[];
  readonly 'x-scope'?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: 'path' | 'query'; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: { readonly properties?: object } }> };
}

/** One operation of the API's own description. */
export interface DescribedOperation {
  readonly method: string;
  /** As the description writes it: `/v1/contacts/{e164}`. */
  readonly template: string;
  /** False: it needs no key. */
  readonly guarded: boolean;
  /** True: no key may do it, only somebody who is signed in. */
  readonly forPeople: boolean;
  readonly query: readonly string[];
  /** Names of the body's fields; null for an operation without a body. */
  readonly body: readonly string[] | null;
}

/** Every operation that a running API describes: a test over them cannot forget a new route. */
export async function readOperations(url: string): Promise<DescribedOperation[]> {
  const { body } = await call(url, '/openapi.json');
  const paths = body.paths as Record<string, Record<string, Described>>;
  return Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { security, parameters = [], requestBody, 'x-scope': scope = '' }]) => ({
      method: method.toUpperCase(),
      template,
      guarded: security === undefined,
      forPeople: ['people', 'platform'].includes(scope) || template.startsWith('/console/api/session'),
      query: parameters.filter((one) => one.in === 'query').map((one) => one.name),
      body: requestBody ? Object.keys(requestBody.content['application/json']?.schema.properties ?? {}) : null,
    })),
  );
}

/** The path of an operation with its places filled. @throws Error when one of them has no value */
export function fillPath(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_all, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for {${name}} of ${template}: give the test one`);
    return encodeURIComponent(value);
  });
}
