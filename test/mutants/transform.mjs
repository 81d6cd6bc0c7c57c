import { createHash } from 'node:crypto';
import { createTransformer } from '@swc/jest';

/** The mutant of this run: a file, the bytes to be replaced, and what stands there instead. */
const mutant = process.env.MUTANT === undefined ? undefined : JSON.parse(process.env.MUTANT);

/** As `@swc/jest`, but with one place of one file changed. */
export default {
  createTransformer(options) {
    const swc = createTransformer(options);
    const isMutated = (file) => mutant !== undefined && file.endsWith(`/${mutant.file}`);
    const mutate = (source) => {
      const bytes = Buffer.from(source);
      return Buffer.concat([
        bytes.subarray(0, mutant.start),
        Buffer.from(mutant.text),
        bytes.subarray(mutant.end),
      ]).toString();
    };
    const textOf = (source, file) => (isMutated(file) ? mutate(source) : source);
    return {
      canInstrument: swc.canInstrument,
      process: (source, file, more) => swc.process(textOf(source, file), file, more),
      processAsync: (source, file, more) => swc.processAsync(textOf(source, file), file, more),
      getCacheKey: (source, file, more) =>
        createHash('sha256')
          .update(swc.getCacheKey(textOf(source, file), file, more))
          .update(isMutated(file) ? process.env.MUTANT : '')
          .digest('hex'),
    };
  },
};
