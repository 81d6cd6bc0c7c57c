/** A word, a run of digits or a punctuation mark. `spaced`: a space stands before it. */
export interface Token {
  kind: 'number' | 'word' | 'mark';
  text: string;
  spaced: boolean;
}

/** A place in a list of tokens. Readers move `at` on only when they take what they found. */
export interface Reader {
  readonly tokens: readonly Token[];
  at: number;
}

const TOKEN = /( *)(?:([0-9]+)|([a-z]+)|([:/.,+@-]))/y;

/**
 * Splits a text of lower-case letters, digits, spaces and `: / . , + - @` into tokens. Returns undefined if anything else
 * is in it: what cannot be read whole is not read at all.
 */
export function tokenize(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  for (let at = 0; at < end; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) return undefined;
    const [, spaces = '', digits, word, mark = ''] = match;
    const kind = digits !== undefined ? 'number' : word !== undefined ? 'word' : 'mark';
    tokens.push({ kind, text: digits ?? word ?? mark, spaced: spaces !== '' });
  }
  return tokens;
}

export function isAtEnd(reader: Reader): boolean {
  return reader.at >= reader.tokens.length;
}

export function peek(reader: Reader, ahead = 0): Token | undefined {
  return reader.tokens[reader.at + ahead];
}

/** Runs a reading; where it finds nothing (undefined) the reader is put back to where it stood. */
export function attempt<T>(reader: Reader, read: (reader: Reader) => T | undefined): T | undefined {
  const start = reader.at;
  const found = read(reader);
  if (found === undefined) reader.at = start;
  return found;
}

/** Takes the next token if it is one of these words. */
export function takeWord(reader: Reader, ...words: string[]): string | undefined {
  const token = peek(reader);
  if (token?.kind !== 'word' || !words.includes(token.text)) return undefined;
  reader.at += 1;
  return token.text;
}

/** Takes the next token if it is a word the vocabulary knows, and gives what the word stands for. */
export function takeFrom<T>(reader: Reader, vocabulary: ReadonlyMap<string, T>): T | undefined {
  const token = peek(reader);
  const meaning = token?.kind === 'word' ? vocabulary.get(token.text) : undefined;
  if (meaning !== undefined) reader.at += 1;
  return meaning;
}

/** Takes the next token if it is one of these marks. */
export function takeMark(reader: Reader, ...marks: string[]): string | undefined {
  const token = peek(reader);
  if (token?.kind !== 'mark' || !marks.includes(token.text)) return undefined;
  reader.at += 1;
  return token.text;
}

/** As `takeMark`, for a mark with no space before it. */
export function takeTightMark(reader: Reader, ...marks: string[]): string | undefined {
  return peek(reader)?.spaced === false ? takeMark(reader, ...marks) : undefined;
}

/** Takes the next token if it is a number written with `least` to `most` digits, and gives the digits. */
export function takeDigits(reader: Reader, least: number, most: number): string | undefined {
  const token = peek(reader);
  if (token?.kind !== 'number' || token.text.length < least || token.text.length > most) return undefined;
  reader.at += 1;
  return token.text;
}

/** As `takeDigits`, for a number with no space before it. */
export function takeTightDigits(reader: Reader, least: number, most: number): string | undefined {
  return peek(reader)?.spaced === false ? takeDigits(reader, least, most) : undefined;
}
