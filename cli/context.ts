/** A command's environment, inputs, outputs and clock, passed in so that a test needs no process. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  /** Writes a line of the result to standard output. */
  print(line: string): void;
  /** Writes a line for the person at the terminal to standard error. */
  note(line: string): void;
  /** Has a secret that is printed into a file be read by nobody else. Absent where nothing is printed into files. */
  readonly keepPrivate?: () => void;
  /** How wide the terminal is that the result is printed on; absent where it is printed into a pipe or a file. */
  readonly columns?: number;
  /** Redraws the last line of the terminal, an empty text takes it away; absent where standard error is no terminal. */
  readonly status?: (line: string) => void;
  /**
   * Reads a line of standard input that must not be seen: at a terminal it asks, and shows nothing of the answer.
   * Absent where there is no standard input.
   * @param question what it asks there
   */
  readonly readSecret?: (question: string) => Promise<string>;
  now(): Date;
}
