import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import winston from 'winston';
import { createLogger } from '../../../src/base/log.ts';

const NUMBER = '447700900123';

/** What a logger writes of one line. */
function written(message: string, facts: object): { text: string; line: Record<string, unknown> } {
  const stream = new PassThrough();
  const logger = createLogger({ level: 'info', service: 'test' }) as unknown as winston.Logger;
  logger.clear().add(new winston.transports.Stream({ stream }));
  logger.info(message, facts);
  const text = String(stream.read());
  return { text, line: JSON.parse(text) as Record<string, unknown> };
}

describe('the last net of the log', () => {
  it.each([
    ['the message', `failed for ${NUMBER}`, {}],
    ['a text', 'failed', { where: `sent_sms.${NUMBER}` }],
    ['a number', 'failed', { to: Number(NUMBER) }],
    ['a long number', 'failed', { to: BigInt(NUMBER) }],
    ['the name of a fact', 'failed', { [NUMBER]: true }],
    ['a fact within others', 'failed', { inner: { list: [{ to: NUMBER }] } }],
    ['the message of an error', 'failed', { error: new Error(`no ${NUMBER}`) }],
  ])('no number in %s', (_where, message, facts) => {
    const { text, line } = written(message, facts);
    expect(text).not.toContain(NUMBER);
    expect(text).not.toContain(NUMBER.slice(2));
    expect(line).toMatchObject({ level: 'info', service: 'test' });
  });

  it('nothing of an error but name, code, message and stack: drivers hang whole commands on it', () => {
    const error = Object.assign(new Error('refused'), { code: 121, command: { q: 'Jo Bloggs' }, body: 'Jo Bloggs' });
    const { text, line } = written('failed', { error });
    expect(text).not.toContain('Bloggs');
    expect(line.error).toEqual({ name: 'Error', code: 121, message: 'refused', stack: expect.any(String) });
  });

  it('leaves counts, times and references alone', () => {
    const at = new Date('2026-03-01T10:00:00Z');
    expect(written('done', { count: 999_999, at, reference: 'BWwmkoxO3YTfpEt' }).line).toMatchObject({
      ...{ message: 'done', count: 999_999, at: at.toISOString(), reference: 'BWwmkoxO3YTfpEt' },
    });
  });
});
