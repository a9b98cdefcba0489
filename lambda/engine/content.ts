/**
 * The content by which two messages under one key are compared, as a text that does not depend on the order of properties.
 *
 * It is made of what came, never of what the schema made of it: a default such as the time of reading differs each time, and a message would
 * not be recognised when it comes again. Properties that the schema has let go are left out, where that is plain to see: a producer's retry may carry
 * another time of sending.
 */
export function contentOf(came: unknown, read: unknown): string {
  return JSON.stringify(known(came, read));
}

function known(came: unknown, read: unknown): unknown {
  if (Array.isArray(came)) {
    const parts: readonly unknown[] = Array.isArray(read) && read.length === came.length ? read : [];
    return came.map((part, index) => known(part, parts[index]));
  }
  if (!isObject(came)) { return came; }
  const kept = isObject(read) ? read : {};
  // a property that did not come may be a default, or another one under a new name: then nothing is known to be let go
  const plain = Object.keys(kept).length > 0 && Object.keys(kept).every((name) => Object.hasOwn(came, name));
  const names = Object.keys(plain ? kept : came).sort();
  // as pairs: a property may have a name such as __proto__
  return names.map((name) => [name, known(came[name], kept[name])]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date) && !(value instanceof Map) && !(value instanceof Set);
}
