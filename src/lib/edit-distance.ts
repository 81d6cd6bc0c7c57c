/**
 * How many letters must be put in, taken out, replaced or swapped with their neighbour to make one text of another
 * (optimal string alignment).
 */
export function editDistance(one: string, other: string): number {
  let twoBack: number[] = [];
  let before = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const now = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      const steps = [(before[column] ?? 0) + 1, (now[column - 1] ?? 0) + 1, (before[column - 1] ?? 0) + (same ? 0 : 1)];
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) steps.push((twoBack[column - 2] ?? 0) + 1);
      now.push(Math.min(...steps));
    }
    [twoBack, before] = [before, now];
  }
  return before[other.length] ?? 0;
}
