/** Where recordings live. */
export interface RecordingStorage {
  /** Can the reference name a file here at all? @throws FileRefused when it cannot */
  check(reference: string): void;
  /**
   * Looks for what a reference leads to. Absent where a storage cannot tell: then the reference itself is removed.
   * @param since when the reference was taken out of its record: a file that was there then is found
   * @returns names for `remove`; none: there is no such file
   * @throws AmbiguousFile when several files might be meant
   */
  find?(reference: string, since: Date): Promise<readonly string[]>;
  /**
   * Removes the file that a record refers to. One that is gone already is fine.
   * @param signal ends the attempt
   * @throws FileRefused; what the storage throws while it cannot be reached or does not allow it
   */
  remove(reference: string, signal?: AbortSignal): Promise<void>;
}

/** A reference that names no file of the storage, or one outside of it. The message does not repeat it: it may hold a number. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';

  constructor() {
    super('the reference names no file of the storage');
  }
}

/** A reference that leads to no file, while several have a name like it: to guess would remove somebody else's. */
export class AmbiguousFile extends Error {
  override readonly name = 'AmbiguousFile';

  constructor() {
    super('several files of the storage might be meant');
  }
}

/** A URL as it was written: a parser would take `..` for granted and follow it. */
export interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  /** The path between its slashes, percent-decoded and otherwise unchecked. */
  readonly names: readonly string[];
}

/** Takes a URL apart; null for a plain name. @throws FileRefused when it is badly escaped */
export function readUrl(reference: string): UrlParts | null {
  const [, scheme, host = '', path = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/i.exec(withAuthority(reference)) ?? [];
  if (scheme === undefined) return null;
  return { scheme: scheme.toLowerCase(), host: host.toLowerCase(), names: path.split('/').slice(1).map(decodeName) };
}

/** `file:/a` is `file:///a` (RFC 8089, appendix B): read as a name it would name nothing, and nothing would be removed. */
function withAuthority(reference: string): string {
  return reference.replace(/^file:\/(?!\/)/i, 'file:///');
}

/**
 * The names of a path, if they lead down and to something.
 * @throws FileRefused
 */
export function checkNames(names: readonly string[]): readonly string[] {
  const leadsDown = (name: string) => name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
  if (!names.at(-1) || !names.every(leadsDown)) throw new FileRefused();
  return names;
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new FileRefused();
  }
}
