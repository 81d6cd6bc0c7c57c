import { z } from 'zod';
import type { Config } from '../../src/base/config.ts';
import type { Door } from '../http/door.ts';
import type { Answer, Operation } from './operation.ts';

type Json = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document of the doors' operations, made from the zod schemas that check the requests.
 * @param version the description's own version
 */
export function describeApi(doors: readonly Door[], config: Config, version: string): Json {
  const paths: Record<string, Json> = {};
  for (const door of doors) {
    for (const operation of door.operations(config)) {
      const path = operation.path.replace(/:(\w+)/g, '{$1}');
      paths[path] = { ...paths[path], [operation.method]: describeOperation(door.name, operation) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Lethe',
      version,
      description: "Erases a phone number from an SMS platform's MongoDB, and says so only when it is true.",
    },
    security: [{ bearer: [] }, { basic: [] }, { session: [] }],
    tags: doors.map(({ name }) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The whole key: ID.SECRET' },
        basic: { type: 'http', scheme: 'basic', description: 'ID as user, SECRET as password' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-lethe',
          description: 'A person who is signed in to the console; writes need X-CSRF-Token, too',
        },
      },
    },
  };
}

function describeOperation(door: string, operation: Operation): Json {
  const { method, path, summary, description, open, params, query, body, bodyExample, responses } = operation;
  const scope = operation['x-scope'];
  const parameters = [...describeParameters(params, 'path'), ...describeParameters(query, 'query')];
  return {
    tags: [door],
    operationId: nameOperation(method, path),
    summary,
    ...(description !== undefined && { description }),
    ...(open && { security: [] }),
    ...(scope !== undefined && { 'x-scope': scope }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: toSchema(body), ...(bodyExample && { example: bodyExample }) },
        },
      },
    }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, answer]) => [status, describeAnswer(answer)]),
    ),
  };
}

/** `get /v2/reports/:request_id/file` is `getV2ReportsRequestIdFile`: clients are generated with these names. */
function nameOperation(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function describeParameters(schema: z.ZodObject | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = toSchema(schema) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: asText(property),
    ...(property.example !== undefined && { example: property.example }),
    ...(typeof property.description === 'string' && { description: property.description }),
  }));
}

/** A path and a query hold text: a field that a body may also write as a number is one type here, which forms can check. */
function asText(property: Json): Json {
  return Array.isArray(property.type) && property.type.includes('string') ? { ...property, type: 'string' } : property;
}

function describeAnswer({ description, type = 'application/json', example, schema }: Answer): Json {
  const content = { ...(schema && { schema: toSchema(schema) }), ...(example !== undefined && { example }) };
  return {
    description,
    ...(type !== null && { content: Object.fromEntries([type].flat().map((one) => [one, content])) }),
  };
}

/** The schema of the input, before any transformation: what a caller writes. */
function toSchema(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    target: 'draft-2020-12',
  });
  const { properties } = rest as { properties?: Record<string, Json> };
  if (!properties) return rest as Json;
  return { ...rest, properties: Object.fromEntries(Object.entries(properties).map(withOneType)) };
}

/** A field says one type by its `meta` where its check takes several writings of it. */
function withOneType([name, property]: [string, Json]): [string, Json] {
  const { anyOf: _writings, ...one } = property;
  return [name, property.type === undefined ? property : one];
}
