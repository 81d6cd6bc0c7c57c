import type { ReadStream } from 'node:tty';

/** No number and no key is longer. */
const LONGEST = 1_000;
const ENTER = /[\r\n]/;
const INTERRUPTED = '\u0003';
const BACKSPACE = /[\b\u007f]/;

/**
 * Reads one line that must not be seen. At a terminal the question is asked and no key is echoed; from a pipe or file
 * the first line is taken.
 * @throws Error when it is interrupted, or longer than anything that is asked for
 */
export async function readSecretLine(
  input: NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>,
  ask: (text: string) => void,
  question: string,
): Promise<string> {
  if (!input.isTTY) return readFirstLine(input);
  ask(question);
  input.setRawMode?.(true);
  try {
    return await readKeys(input);
  } finally {
    input.setRawMode?.(false);
    ask('\n');
  }
}

async function readFirstLine(input: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += chunk.toString();
    if (ENTER.test(text)) break;
    if (text.length > LONGEST) throw new Error('the line on standard input is too long');
  }
  return (text.split(ENTER)[0] ?? '').trim();
}

function readKeys(input: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = (outcome: () => void) => {
      input.removeListener('data', take);
      input.pause();
      outcome();
    };
    const take = (chunk: Buffer | string) => {
      for (const key of chunk.toString()) {
        if (ENTER.test(key)) return end(() => resolve(typed.trim()));
        if (key === INTERRUPTED) return end(() => reject(new Error('interrupted')));
        typed = BACKSPACE.test(key) ? typed.slice(0, -1) : typed + key;
      }
    };
    input.on('data', take);
    input.resume();
  });
}
