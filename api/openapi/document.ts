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
    security: [{ bearer: [] }, { basic: [] }],
    tags: doors.map(({ name }) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The whole key: ID.SECRET' },
        basic: { type: 'http', scheme: 'basic', description: 'ID as user, SECRET as password' },
      },
    },
  };
}

function describeOperation(door: string, operation: Operation): Json {
  const { summary, description, open, params, query, body, responses } = operation;
  const parameters = [...describeParameters(params, 'path'), ...describeParameters(query, 'query')];
  return {
    tags: [door],
    summary,
    ...(description !== undefined && { description }),
    ...(open && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: toSchema(body) } } } }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, answer]) => [status, describeAnswer(answer)]),
    ),
  };
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
    schema: property,
    ...(typeof property.description === 'string' && { description: property.description }),
  }));
}

function describeAnswer({ description, type = 'application/json', example }: Answer): Json {
  const content = example === undefined ? {} : { example };
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
  return rest as Json;
}
