/** A text as a regular expression that matches nothing but it. */
export function escapeText(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
