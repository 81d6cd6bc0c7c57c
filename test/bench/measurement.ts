import type { World } from './world.ts';

/** One figure of the product beside what it is compared with, and what it has to reach. */
export interface Figure {
  readonly name: string;
  /** What both were measured in: `records/s`, `MB`, `ms`. */
  readonly unit: string;
  readonly product: number;
  /** What `reference` is: the bare calls, an idle worker, a smaller collection. */
  readonly against: string;
  readonly reference: number;
  /** The figure the target is about: a ratio, or a difference in `unit`. */
  readonly value: number;
  readonly target: { readonly least: number } | { readonly most: number };
  /** What every round gave, so that the spread shows. */
  readonly rounds?: { readonly product: readonly number[]; readonly reference: readonly number[] };
}

/** What a measurement works with. */
export interface Bench {
  /** Opens a database and a queue of their own, dropped when the measurement ends. */
  open(name: string): Promise<World>;
  /** A count at the chosen scale, at least `least`. */
  scaled(count: number, least: number): number;
  /** How many rounds of each kind. */
  readonly rounds: number;
  /** Tells the person who waits how far it is. */
  note(line: string): void;
}

export type Measurement = (bench: Bench) => Promise<Figure[]>;

/** The middle value; of an even number of them, the mean of the two in the middle. @throws TypeError for none */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 1 ? middle : middle - 1], sorted[middle]];
  if (low === undefined || high === undefined) throw new TypeError('the median of nothing');
  return (low + high) / 2;
}

/** How rounds of both kinds compare: each is set against the one taken just after it, so that a slow minute hits both. */
export function compare(
  product: readonly number[],
  reference: readonly number[],
): {
  product: number;
  reference: number;
  value: number;
  rounds: { product: readonly number[]; reference: readonly number[] };
} {
  return {
    product: median(product),
    reference: median(reference),
    value: median(product.map((one, index) => one / (reference[index] ?? Number.NaN))),
    rounds: { product, reference },
  };
}

/** Does the figure reach its target? */
export function isMet({ value, target }: Figure): boolean {
  return 'least' in target ? value >= target.least : value <= target.most;
}

/** Runs something and says how long it took, in seconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
