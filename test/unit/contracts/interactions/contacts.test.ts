import { describe, expect, it } from '@jest/globals';
import { createContactCount } from '../../../../src/contracts/interactions/contacts.ts';

const COUNTRIES = ['GB', 'IE'] as const;

async function* groups(values: readonly unknown[]): AsyncGenerator<{ _id: unknown }> {
  for (const _id of values) yield { _id };
}

/** The turns of the event loop that are left to others meanwhile. Nothing here waits for anything else. */
async function turnsDuring(work: () => Promise<void>): Promise<number> {
  let turns = 0;
  let counting = true;
  const turn = () => {
    turns += 1;
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  counting = false;
  return turns;
}

describe('different contacts', () => {
  const sizeOf = async (...values: unknown[]) => {
    const contacts = createContactCount(COUNTRIES);
    await contacts.addAll(groups(values));
    return contacts.size;
  };
  it('one contact in several writings counts once', async () => {
    expect(await sizeOf('447700900123', '+447700900123', '00447700900123', '07700900123', 447700900123)).toBe(1);
    expect(await sizeOf('+44 7700 900123', '07700 900123')).toBe(1);
    expect(await sizeOf('+12015550123', '0012015550123')).toBe(1);
  });
  it('what is nobody, or was erased, does not count', async () => {
    expect(await sizeOf(null, undefined, '', '  ', '44********23', 'REDACTED')).toBe(0);
  });
  it('what is no number counts by itself, however long it is', async () => {
    expect(await sizeOf('ACME', 'Acme', 'x'.repeat(100_000), `${'x'.repeat(100_000)}y`, 88888)).toBe(5);
  });

  it.each([
    ['that have to be looked up in a numbering plan', (index: number) => `07700${900_000 + index}`],
    ['in plain international writing', (index: number) => `44770${900_000 + index}`],
  ])('many contacts %s leave the event loop to others all the while', async (_name, write) => {
    const contacts = createContactCount(COUNTRIES);
    const many = Array.from({ length: 3_000 }, (_, index) => write(index));
    const turns = await turnsDuring(() => contacts.addAll(groups(many)));
    expect(contacts.size).toBe(3_000);
    expect(turns).toBeGreaterThanOrEqual(50);
  });

  it('ends at the signal, and when it is full', async () => {
    const gone = new AbortController();
    gone.abort(new Error('gone'));
    await expect(createContactCount(COUNTRIES).addAll(groups(['1']), gone.signal)).rejects.toThrow('gone');
    const contacts = createContactCount(COUNTRIES);
    const many = Array.from({ length: 100_100 }, (_, index) => `4477${10_000_000 + index}`);
    await contacts.addAll(groups(many));
    expect([contacts.size, contacts.isFull]).toEqual([100_000, true]);
  });
});
