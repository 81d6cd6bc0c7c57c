import winston from 'winston';
import { redactDigitRuns } from '../phone/scan.ts';

/** A line with its facts. Facts are names, references, counts and times: never a record's content. */
export interface Logger {
  error(message: string, facts?: object): void;
  warn(message: string, facts?: object): void;
  info(message: string, facts?: object): void;
  debug(message: string, facts?: object): void;
  child(facts: object): Logger;
}

const DEPTH = 5;

/**
 * The last net: whatever ends up in a log line, digits that could be a phone number do not. Errors are cut down to
 * name, code, message and stack: drivers and Express hang whole commands and bodies on them.
 */
function redactFacts(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactDigitRuns(value);
  if (typeof value === 'bigint') return redactDigitRuns(value.toString());
  // Milliseconds since 1970 have 13 digits, as a number may: times are logged as dates or durations.
  if (typeof value === 'number') return Math.abs(value) >= 1e6 ? redactDigitRuns(String(value)) : value;
  if (value === null || typeof value !== 'object') return typeof value === 'function' ? undefined : value;
  if (value instanceof Date) return value.toISOString();
  if (depth >= DEPTH) return '[deep]';
  if (value instanceof Error) {
    const code = (value as { code?: unknown }).code;
    return {
      name: value.name,
      ...((typeof code === 'string' || typeof code === 'number') && { code }),
      message: redactDigitRuns(value.message),
      ...(value.stack && { stack: redactDigitRuns(value.stack.split('\n').slice(1, 8).join('\n')) }),
    };
  }
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => redactFacts(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [redactDigitRuns(name), redactFacts(item, depth + 1)]),
  );
}

/** @param service what writes: `api`, `worker`, … */
export function createLogger(options: { level: string; service: string }): Logger {
  const line = winston.format.printf(({ level, message, ...facts }) => {
    const redacted = redactFacts(facts) as Record<string, unknown>;
    return JSON.stringify({
      time: new Date().toISOString(),
      level,
      message: redactDigitRuns(String(message)),
      ...redacted,
    });
  });
  return winston.createLogger({
    level: options.level,
    defaultMeta: { service: options.service },
    format: line,
    transports: [new winston.transports.Console({ stderrLevels: [] })],
    exitOnError: false,
  });
}
