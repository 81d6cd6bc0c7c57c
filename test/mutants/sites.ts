import { parseSync } from '@swc/core';

/** A change of one place in a file. Positions are bytes. */
export interface Mutant {
  /** From the root of the project. */
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** What stood there, and what stands there instead. */
  readonly was: string;
  readonly text: string;
}

const OPERATORS: Readonly<Record<string, string>> = {
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '&&': '||',
  '||': '&&',
  '+': '-',
  '-': '+',
};

/** Larger numbers are sizes and times: one more or less of them makes no difference. */
const LARGEST = 10;
/** Fields that are read besides change nothing. */
const WITHOUT_EFFECT = new Set(['projection', 'batchSize']);

/** What lets other work have the event loop: without it everything is done all the same, only less fairly. */
const TURNS = new Set<unknown>(['turnOfLoop', 'letGo']);

interface Node {
  readonly type: string;
  /** Bytes, from 1. */
  readonly span: { readonly start: number; readonly end: number };
  readonly [key: string]: unknown;
}

/** Every mutant of a file: operators, conditions, literals, calls and properties of objects that are left out. */
export function findMutants(file: string, source: string): Mutant[] {
  const bytes = Buffer.from(source);
  const found: Mutant[] = [];
  const text = (start: number, end: number) => bytes.subarray(start, end).toString();
  const add = (start: number, end: number, by: string) => {
    const line = text(0, start).split('\n').length;
    found.push({ file, line, start, end, was: text(start, end), text: by });
  };
  const addNode = (node: Node, by: string) => add(node.span.start - 1, node.span.end - 1, by);

  const visit = (node: Node): void => {
    const { type } = node;
    if (isTurn(node) || (type === 'IfStatement' && isTurn(node.consequent as Node))) return;
    if (type === 'BinaryExpression') {
      const by = OPERATORS[String(node.operator)];
      const [left, right] = [node.left as Node, node.right as Node];
      const gap = text(left.span.end - 1, right.span.start - 1);
      const at = gap.indexOf(String(node.operator));
      const start = left.span.end - 1 + Buffer.byteLength(gap.slice(0, at));
      if (by !== undefined && at >= 0) add(start, start + String(node.operator).length, by);
    } else if (type === 'BooleanLiteral') addNode(node, String(!node.value));
    else if (type === 'IfStatement') addNode(node.test as Node, 'false');
    else if (type === 'ConditionalExpression') {
      const test = node.test as Node;
      addNode(test, `!(${text(test.span.start - 1, test.span.end - 1)})`);
    } else if (type === 'NumericLiteral' && Number(node.value) <= LARGEST)
      addNode(node, String(Number(node.value) + 1));
    else if (type === 'ExpressionStatement' && isCall(node.expression as Node)) addNode(node, ';');
    else if (type === 'ObjectExpression')
      for (const property of node.properties as Node[]) {
        if (isWithoutEffect(property)) continue;
        const [start, end] = boundsOf(property);
        const behind = /^\s*,/.exec(text(end, bytes.length))?.[0] ?? '';
        add(start, end + Buffer.byteLength(behind), '');
      }
    if (isWithoutEffect(node)) return;
    for (const [key, value] of Object.entries(node)) {
      // Types are not run; a key of an object is left out with its value.
      if (key === 'typeAnnotation' || key === 'typeParams' || key === 'returnType' || key === 'typeArguments') continue;
      for (const child of [value].flat()) if (isNode(child) && isRun(child)) visit(child);
    }
  };
  visit(parseSync(source, { syntax: 'typescript', target: 'es2022' }) as unknown as Node);
  return found;
}

/** What stands before `as const` and `satisfies` is run; other words about types are not. */
const ASSERTIONS = new Set(['TsConstAssertion', 'TsSatisfiesExpression', 'TsAsExpression', 'TsNonNullExpression']);
const isRun = ({ type }: Node) => !type.startsWith('Ts') || ASSERTIONS.has(type);

/** An object, also one without a type of its own, such as an argument of a call. */
function isNode(value: unknown): value is Node {
  if (typeof value !== 'object' || value === null) return false;
  if (!('type' in value)) Object.assign(value, { type: '' });
  return typeof (value as Node).type === 'string';
}

const isWithoutEffect = ({ type, key }: Node) =>
  type === 'KeyValueProperty' && WITHOUT_EFFECT.has(String((key as Node | undefined)?.value));

function isTurn({ type, expression }: Node): boolean {
  if (type !== 'ExpressionStatement' || (expression as Node).type !== 'AwaitExpression') return false;
  const { callee } = (expression as Node).argument as { callee?: { value?: unknown } };
  return TURNS.has(callee?.value);
}

function isCall(node: Node): boolean {
  return node.type === 'CallExpression' || (node.type === 'AwaitExpression' && isCall(node.argument as Node));
}

/** Spans of properties are those of their parts: `...x` has its dots before it. */
function boundsOf(property: Node): [number, number] {
  if (property.type === 'SpreadElement') {
    const [dots, inner] = [property.spread as Node['span'], property.arguments as Node];
    return [dots.start - 1, inner.span.end - 1];
  }
  const [key, value] = [property.key as Node | undefined, property.value as Node | undefined];
  if (key && value) return [key.span.start - 1, value.span.end - 1];
  return [property.span.start - 1, property.span.end - 1];
}
