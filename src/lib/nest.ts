/**
 * A document from dotted paths, as `$set` would make it: `{'a.b': 1}` is `{a: {b: 1}}`. Of two paths that contradict each
 * other the later wins.
 */
export function nest(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const whole: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(values)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let inner = whole;
    for (const name of names) {
      const next = inner[name];
      const deeper = typeof next === 'object' && next !== null ? (next as Record<string, unknown>) : {};
      inner[name] = deeper;
      inner = deeper;
    }
    inner[last] = value;
  }
  return whole;
}
