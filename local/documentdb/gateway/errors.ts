import { ConnectionLost, PostgresError } from './postgres.ts';

/** An error as MongoDB's clients know it (mongodb/mongo, src/mongo/base/error_codes.yml). */
export class CommandError extends Error {
  readonly code: number;
  readonly codeName: string;
  /** Answered in place of the error: write errors are part of an otherwise good answer. */
  readonly reply: Record<string, unknown> | null;
  constructor(code: number, codeName: string, message: string, reply: Record<string, unknown> | null = null) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
    this.codeName = codeName;
    this.reply = reply;
  }
}

export const DUPLICATE_KEY = 11000;
export const WRITE_CONFLICT = 112;
export const SHUTDOWN = 91;
export const NO_SUCH_TRANSACTION = 251;
const INTERRUPTED = 11602;

/**
 * The engine's SQLSTATEs that client code looks at, as MongoDB's codes. The engine knows several hundred more, nearly
 * all of them for one expression's bad argument: those answer code 8 with the state in the message.
 */
const STATES: Readonly<Record<string, readonly [number, string]>> = {
  M0000: [1, 'InternalError'],
  M0001: [2, 'BadValue'],
  M0003: [9, 'FailedToParse'],
  M0004: [14, 'TypeMismatch'],
  M0005: [15, 'Overflow'],
  M00DO: [16, 'InvalidLength'],
  M0006: [20, 'IllegalOperation'],
  M00EW: [24, 'LockTimeout'],
  M0008: [26, 'NamespaceNotFound'],
  M0009: [27, 'IndexNotFound'],
  M000A: [28, 'PathNotViable'],
  M000D: [40, 'ConflictingUpdateOperators'],
  M000E: [43, 'CursorNotFound'],
  M000F: [48, 'NamespaceExists'],
  M00EX: [50, 'MaxTimeMSExpired'],
  M000G: [52, 'DollarPrefixedFieldName'],
  M000J: [56, 'EmptyFieldName'],
  M000K: [57, 'DottedFieldName'],
  M00EY: [59, 'CommandNotFound'],
  M000M: [66, 'ImmutableField'],
  M000N: [67, 'CannotCreateIndex'],
  M000O: [68, 'IndexAlreadyExists'],
  M000P: [72, 'InvalidOptions'],
  M000Q: [73, 'InvalidNamespace'],
  M000R: [85, 'IndexOptionsConflict'],
  M000S: [86, 'IndexKeySpecsConflict'],
  M00F0: [SHUTDOWN, 'ShutdownInProgress'],
  M00F1: [WRITE_CONFLICT, 'WriteConflict'],
  M000U: [115, 'CommandNotSupported'],
  M00F2: [117, 'ConflictingOperationInProgress'],
  M00CO: [121, 'DocumentValidationFailure'],
  M00EL: [143, 'CursorInUse'],
  M000W: [146, 'ExceededMemoryLimit'],
  M000Z: [166, 'CommandNotSupportedOnView'],
  M0011: [181, 'AmbiguousIndexKeyPattern'],
  M0012: [197, 'InvalidIndexSpecificationOption'],
  M0013: [224, 'QueryFeatureNotAllowed'],
  M0015: [241, 'ConversionFailure'],
  M0016: [263, 'OperationNotSupportedInTransaction'],
  M0017: [276, 'IndexBuildAborted'],
  M0018: [291, 'NoQueryExecutionPlans'],
  M001B: [10334, 'BSONObjectTooLarge'],
  M001C: [DUPLICATE_KEY, 'DuplicateKey'],
  M003A: [17419, 'Location17419'],
  M003B: [17420, 'Location17420'],
  M005E: [31325, 'Location31325'],
  M007U: [40324, 'Location40324'],
  M0088: [40415, 'Location40415'],
  // PostgreSQL's own, where the engine lets them through.
  '23505': [DUPLICATE_KEY, 'DuplicateKey'],
  '23P01': [DUPLICATE_KEY, 'DuplicateKey'],
  '40001': [WRITE_CONFLICT, 'WriteConflict'],
  '40P01': [WRITE_CONFLICT, 'WriteConflict'],
  '55P03': [WRITE_CONFLICT, 'WriteConflict'],
  '57014': [50, 'MaxTimeMSExpired'],
  '57P01': [SHUTDOWN, 'ShutdownInProgress'],
  '57P02': [SHUTDOWN, 'ShutdownInProgress'],
  '57P03': [SHUTDOWN, 'ShutdownInProgress'],
  '42P01': [26, 'NamespaceNotFound'],
  '0A000': [115, 'CommandNotSupported'],
  '22P02': [9, 'FailedToParse'],
  '22023': [2, 'BadValue'],
  '53100': [14031, 'OutOfDiskSpace'],
  '53300': [SHUTDOWN, 'ShutdownInProgress'],
};

/** Translates a SQLSTATE and its message. */
export function translateState(state: string, message: string, namespace = ''): CommandError {
  // Two that create one collection at a time: for MongoDB that is a write conflict, and trying again settles it.
  if (state === 'M0000' && message.startsWith('Unable to create the specified collection')) {
    return new CommandError(WRITE_CONFLICT, 'WriteConflict', message);
  }
  const known = STATES[state];
  if (!known) return new CommandError(8, 'UnknownError', `[${state}] ${message}`);
  const [code, codeName] = known;
  return new CommandError(code, codeName, code === DUPLICATE_KEY ? describeDuplicate(message, namespace) : message);
}

/** MongoDB's wording, as far as the engine says it: the collection and the index, not the key's value. */
function describeDuplicate(message: string, namespace: string): string {
  if (message.startsWith('E11000')) return message;
  const index = /Index '([^']*)'/i.exec(message)?.[1];
  return `E11000 duplicate key error collection: ${namespace}${index === undefined ? '' : ` index: ${index}`}`;
}

/** In its answers the engine packs a SQLSTATE's five characters into one number, six bits each, the first lowest. */
export function unpackState(code: number): string {
  return Array.from({ length: 5 }, (_, index) => String.fromCharCode(48 + ((code >> (6 * index)) & 63))).join('');
}

/** Turns whatever went wrong into an error a client can read. */
export function toCommandError(error: unknown, namespace = ''): CommandError {
  if (error instanceof CommandError) return error;
  if (error instanceof PostgresError) return translateState(error.state, error.message, namespace);
  if (error instanceof ConnectionLost) return new CommandError(SHUTDOWN, 'ShutdownInProgress', error.message);
  // A refused connection: PostgreSQL has ended, or has not started.
  if (error instanceof Error && 'syscall' in error) {
    return new CommandError(SHUTDOWN, 'ShutdownInProgress', 'PostgreSQL cannot be reached');
  }
  return new CommandError(8, 'UnknownError', error instanceof Error ? error.message : 'unknown error');
}

/**
 * The labels a server adds for its drivers (MongoDB's retryable-writes and transactions specifications): whether a
 * write with a transaction number may be sent again, and whether a whole transaction may.
 */
export function chooseLabels(
  error: CommandError,
  context: { inTransaction: boolean; isCommit: boolean; isRetryableWrite: boolean },
): string[] {
  if (context.isCommit) {
    if (error.code === NO_SUCH_TRANSACTION || error.code === WRITE_CONFLICT) return ['TransientTransactionError'];
    return error.code === SHUTDOWN ? ['RetryableWriteError', 'UnknownTransactionCommitResult'] : [];
  }
  if (context.inTransaction) {
    const transient = [WRITE_CONFLICT, NO_SUCH_TRANSACTION, SHUTDOWN, INTERRUPTED, 24].includes(error.code);
    return transient ? ['TransientTransactionError'] : [];
  }
  return context.isRetryableWrite && [SHUTDOWN, INTERRUPTED].includes(error.code) ? ['RetryableWriteError'] : [];
}
