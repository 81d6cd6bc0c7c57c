/** Folders of test files that take long though they are short: begun late, one of them would be waited for alone in the end. */
const LONG = ['test/chaos/', 'test/local/', 'test/console/', 'test/e2e/demo'];

/** Jest's order of test files: long ones first, then by size, as jest has it where it has not measured them yet. */
export default function Sequencer() {
  const rank = ({ path }) => (LONG.some((folder) => path.includes(folder)) ? 0 : 1);
  return {
    sort: (tests) => {
      const sizes = new Map(tests.map((test) => [test, test.context.hasteFS.getSize(test.path) ?? 0]));
      return [...tests].sort((one, other) => rank(one) - rank(other) || sizes.get(other) - sizes.get(one));
    },
    cacheResults: () => {},
    allFailedTests: () => [],
  };
}
