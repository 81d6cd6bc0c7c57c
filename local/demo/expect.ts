/** The demo found something other than promised. The message is one line. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}

/** @throws DemoFailure with the message when the promise was not kept */
export function expectThat(kept: boolean, message: string): asserts kept {
  if (!kept) throw new DemoFailure(message);
}
