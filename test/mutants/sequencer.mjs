import { relative } from 'node:path';

/** The order in which the runner names the tests. */
export default class {
  sort(tests) {
    const order = JSON.parse(process.env.MUTANT_TESTS ?? '[]');
    const placeOf = ({ path }) => order.indexOf(relative(process.cwd(), path));
    return [...tests].sort((one, other) => placeOf(one) - placeOf(other));
  }

  /** Jest's own order would be made from these. */
  cacheResults() {}
}
