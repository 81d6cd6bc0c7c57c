import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DOORS } from '../../api/doors.ts';
import { describeApi } from '../../api/openapi/document.ts';
import { readConfig } from '../../src/base/config.ts';

/** The console's types of what the API answers: made from the API's own description, and never written by hand. */
export const API_TYPES_FILE = fileURLToPath(new URL('../../console/src/api/generated.ts', import.meta.url));

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly description?: string;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema?: Schema }>> }>>;
}

const HEAD = `// Made from the API's description by \`npm run readme\`: change the schemas in \`api/\`, not this.

/** What the API answers when all is well, by the names of its operations. */`;

/** The text of the file. */
export function makeApiTypes(): string {
  const { paths } = describeApi(DOORS, readConfig(ENVIRONMENT), '0') as {
    paths: Record<string, Record<string, Operation>>;
  };
  const known = new Map<string, string>();
  const types = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const shapes = answersOf(operation);
      if (shapes.length === 0) return [];
      const told = `  /** \`${method.toUpperCase()} ${path}\`: ${operation.summary} */`;
      const shape = shapes.join(' | ');
      const same = known.get(shape);
      known.set(shape, same ?? operation.operationId);
      return [`${told}\n  readonly ${operation.operationId}: ${same ? `Answers['${same}']` : shape};\n`];
    }),
  );
  return `${HEAD}\nexport interface Answers {\n${types.join('\n')}}\n`;
}

/** What is answered when all is well, where the description says its shape. */
function answersOf({ responses }: Operation): string[] {
  const shapes = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([, { content }]) => content?.['application/json']?.schema ?? []);
  return [...new Set(shapes.map((schema) => write(schema, '  ')))];
}

/** A schema as a type of TypeScript: what the API's own schemas use of JSON Schema, and `unknown` for the rest. */
function write(schema: Schema, indent: string): string {
  const { type, anyOf, oneOf, properties, additionalProperties: rest } = schema;
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum) return schema.enum.map(literal).join(' | ');
  const several = anyOf ?? oneOf;
  if (several) return [...new Set(several.map((one) => write(one, indent)))].join(' | ');
  if (Array.isArray(type)) return type.map((one: string) => write({ ...schema, type: one }, indent)).join(' | ');
  if (type === 'string' || type === 'boolean' || type === 'null') return type;
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'array') return `ReadonlyArray<${write(schema.items ?? {}, indent)}>`;
  if (properties) return writeObject(schema, indent);
  if (type === 'object')
    return `Readonly<Record<string, ${typeof rest === 'object' ? write(rest, indent) : 'unknown'}>>`;
  return 'unknown';
}

function writeObject({ properties = {}, required = [] }: Schema, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([name, property]) => {
    const told = property.description === undefined ? '' : `${inner}/** ${property.description} */\n`;
    const key = /^[A-Za-z_]\w*$/.test(name) ? name : literal(name);
    return `${told}${inner}readonly ${key}${required.includes(name) ? '' : '?'}: ${write(property, inner)};\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}

const literal = (value: unknown): string =>
  typeof value === 'string' ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` : JSON.stringify(value);

const key = (text: string) => `k1:${Buffer.from(text).toString('base64')}`;

/** The shapes of answers hang on no setting; the description wants a whole configuration all the same. */
const ENVIRONMENT = {
  MONGODB_URI: 'mongodb://127.0.0.1',
  REDIS_URL: 'redis://127.0.0.1',
  LETHE_SEAL_KEYS: key('0123456789abcdefghijklmnopqrstuv'),
  LETHE_TOKEN_KEYS: key('vutsrqponmlkjihgfedcba9876543210'),
  RECEIPT_KEYS: key('0192837465abcdefghijklmnopqrstuv'),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(API_TYPES_FILE, makeApiTypes());
