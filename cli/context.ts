/** A command's environment, outputs and clock, passed in so that a test needs no process. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  /** Writes a line of the result to standard output. */
  print(line: string): void;
  /** Writes a line for the person at the terminal to standard error. */
  note(line: string): void;
  /** Has a secret that is printed into a file be read by nobody else. Absent where nothing is printed into files. */
  readonly keepPrivate?: () => void;
  now(): Date;
}
