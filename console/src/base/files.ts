/** Files that the browser makes by itself: nothing is fetched again, and nothing is kept. */

/** Has the browser save a text as a file. */
export function saveFile(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The part of a file's name that says when: `2026-11-26-1402`. */
export const fileStamp = (now: Date): string => now.toISOString().slice(0, 16).replace('T', '-').replace(':', '');
