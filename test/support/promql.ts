/** A place where PromQL reads a metric. */
export interface Selector {
  readonly metric: string;
  /** The labels its matchers name. */
  readonly labels: readonly string[];
}

interface Token {
  readonly kind: 'word' | 'string' | 'number' | 'sign';
  readonly text: string;
}

/** Longest first: a duration before the number it begins with. */
const TOKEN =
  /\s*(?:#[^\n]*\n?|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|((?:\d+(?:ms|[smhdwy]))+|0x[\da-fA-F]+|\d*\.?\d+(?:[eE][+-]?\d+)?)|([a-zA-Z_:][\w:]*)|(=~|!~|!=|==|<=|>=|[-+*/%^=<>(){}[\],@:]))/y;

/** Words that are part of the language and never a metric. */
const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan', 'start', 'end']);
/** Words with a list of labels behind them. */
const LABEL_LISTS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);

function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(expression);
    if (!match) throw new Error(`not PromQL from here on: ${expression.slice(from)}`);
    const [, string, number, word, sign] = match;
    if (string !== undefined) tokens.push({ kind: 'string', text: string });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}

/**
 * Finds every selector of a PromQL expression. Functions, operators, grouping labels and durations are told apart by
 * their place; that the rest is well-formed is for promtool to say.
 * @throws Error for what is no PromQL, and for a selector without a metric's name: nobody could say whether it exists
 */
export function findSelectors(expression: string): Selector[] {
  const tokens = tokenize(expression);
  const selectors: Selector[] = [];
  const isSign = (index: number, text: string) => tokens[index]?.kind === 'sign' && tokens[index]?.text === text;
  /** The index behind the bracket that closes the one at `open`. */
  const behind = (open: number, close: string) => {
    let index = open;
    while (index < tokens.length && !isSign(index, close)) index += 1;
    if (index === tokens.length) throw new Error(`${close} is missing: ${expression}`);
    return index + 1;
  };
  for (let index = 0; index < tokens.length; ) {
    const token = tokens[index] as Token;
    const word = token.kind === 'word' ? token.text : undefined;
    if (isSign(index, '{')) throw new Error(`a selector without a metric: ${expression}`);
    if (isSign(index, '[')) index = behind(index, ']');
    else if (word !== undefined && LABEL_LISTS.has(word.toLowerCase()))
      index = isSign(index + 1, '(') ? behind(index + 1, ')') : index + 1;
    // Behind an aggregation's labels and before its argument there may be nothing but the bracket: by then it is no word.
    else if (word === undefined || KEYWORDS.has(word.toLowerCase()) || isFunction(tokens, index)) index += 1;
    else {
      const end = isSign(index + 1, '{') ? behind(index + 1, '}') : index + 1;
      const inside = tokens.slice(index + 2, end);
      const labels = inside.flatMap(({ kind, text }, place) =>
        kind === 'word' && /^[=!]/.test(inside[place + 1]?.text ?? '') ? [text] : [],
      );
      selectors.push({ metric: word, labels });
      index = end;
    }
  }
  return selectors;
}

/** A name with a bracket behind it, or with `by (…)` between the two, is a function or an aggregation. */
function isFunction(tokens: readonly Token[], index: number): boolean {
  const next = tokens[index + 1];
  return next?.text === '(' || (next?.kind === 'word' && /^(by|without)$/i.test(next.text));
}
