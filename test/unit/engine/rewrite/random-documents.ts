import mongoose from 'mongoose';
import { AL, type EntryInWords, JO } from './support.ts';

const { Long, Binary, Decimal128, Double, ObjectId } = mongoose.mongo;

type Random = (below: number) => number;

/** Numbers that look random and are the same each time. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const oneOf = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;

/** Ways to write a person's number, in which no digit of another stands. */
const WRITINGS: readonly ((number: string) => unknown)[] = [
  (n) => n,
  (n) => `+${n}`,
  (n) => `00${n}`,
  (n) => `0${n.slice(2)}`,
  (n) => `+44 (0)${n.slice(2, 6)} ${n.slice(6)}`,
  (n) => `(0${n.slice(2, 6)}) ${n.slice(6, 9)} ${n.slice(9)}\r`,
  (n) => `whatsapp:+${n}`,
  (n) => `${n}@c.us`,
  (n) => `call 0${n.slice(2, 6)}-${n.slice(6)} now`,
  (n) => `https://x.example/?to=%2B${n}&id=7`,
  (n) => Number(n),
  (n) => new Double(Number(n)),
  (n) => Long.fromString(n),
  (n) => Decimal128.fromString(`${n}.0`),
  (n) => new Binary(Buffer.from(`\xff\0${n}\0`, 'latin1')),
  (n) => Buffer.from(`id:${n};`).toString('base64'),
  (n) => `wamid.${Buffer.from(`\x1c\x18\x0c${n}\x15\x02`, 'latin1').toString('base64')}`,
  (n) => JSON.stringify({ n, list: [Number(n), { [n]: 'x' }] }),
  (n) => JSON.stringify(JSON.stringify([`+${n}`])),
];

const OTHERS: readonly ((random: Random) => unknown)[] = [
  () => null,
  () => '',
  () => [],
  () => ({}),
  () => 'text without figures',
  (random) => random(1e6),
  (random) => random(2) === 1,
  (random) => new Date(1e12 + random(1e9)),
  (random) => new ObjectId(`64a0${random(1e9).toString(16).padStart(20, '0')}`),
  () => '2026-11-25T10:00:00Z',
  () => '44********56',
  () => 'Zoë, 12.50 €',
];

const NAMES = ['to', 'from', 'contacts', 'number', 'people', 'phones', 'payload', 'x', 'y', '0', 'a.b', '$c', ''];

export const ENTRIES: readonly EntryInWords[] = [
  { numbers: ['to', 'from'] },
  { numbers: ['contacts[].number'], fields: { 'contacts[].mine': 'name', mine: 'body' } },
  {
    numbers: [{ path: 'people[].phones[]', strategy: { replace: 'gone' } }, 'people.{key}'],
    fields: { 'people[].mine': 'custom' },
  },
  {
    numbers: [
      { path: 'payload.from', strategy: 'clear' },
      { path: 'payload.to', strategy: 'delete' },
    ],
    fields: { 'payload.mine': 'transcript' },
  },
  { fate: 'delete', elements: 'contacts[]', numbers: ['contacts[].own.number'] },
];

/** A random value; what lies under `mine` is whatever an erasure may take with the number. */
function randomValue(random: Random, depth: number): unknown {
  const kind = random(depth > 0 ? 10 : 6);
  if (kind === 0) return oneOf(random, WRITINGS)(JO);
  if (kind <= 2) return oneOf(random, WRITINGS)(AL);
  if (kind <= 5) return oneOf(random, OTHERS)(random);
  if (kind <= 7) return Array.from({ length: random(4) }, () => randomValue(random, depth - 1));
  return randomObject(random, depth - 1);
}

export function randomObject(random: Random, depth: number): Record<string, unknown> {
  const entries = Array.from({ length: random(5) }, (): [string, unknown] => {
    const dice = random(20);
    const key = dice === 0 ? JO : dice === 1 ? `+${AL}` : oneOf(random, NAMES);
    return [key, randomValue(random, depth)];
  });
  if (random(3) === 0) entries.push(['mine', oneOf(random, OTHERS)(random)]);
  return Object.fromEntries(entries);
}
