import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from './attribute-value';

/** Where something is in an item: names of attributes, and places in lists. */
export type DocumentPath = readonly [string, ...(string | number)[]];

export function valueAt(item: Item, path: readonly (string | number)[]): AttributeValue | undefined {
  return path.reduce<AttributeValue | undefined>((value, element) => value && elementOf(value, element), { M: item });
}

export function elementOf(value: AttributeValue, element: string | number): AttributeValue | undefined {
  if (typeof element === 'number') { return value.L?.[element]; }
  return value.M && Object.hasOwn(value.M, element) ? value.M[element] : undefined;
}

/** What two paths have against each other: one leads through the other, or they take the same thing for a list and a map. */
export function collision(a: DocumentPath, b: DocumentPath): 'overlap' | 'conflict' | undefined {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    if (typeof a[index] !== typeof b[index]) { return 'conflict'; }
    if (a[index] !== b[index]) { return undefined; }
  }
  return 'overlap';
}

export function samePath(a: DocumentPath, b: DocumentPath): boolean {
  return a.length === b.length && collision(a, b) === 'overlap';
}

/** Names by name, places by number: of two elements of one list, the one in front first. */
export function comparePaths(a: DocumentPath, b: DocumentPath): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [x, y] = [a[index]!, b[index]!];
    if (x !== y) { return x < y ? -1 : 1; }
  }
  return a.length - b.length;
}

export function spelled(path: DocumentPath): string {
  return `[${path.map((element) => typeof element === 'number' ? `[${element}]` : element).join(', ')}]`;
}

/** What the paths lead to, in the shape of the item; elements of lists move up to where others are left out. */
export function project(item: Item, paths: readonly DocumentPath[]): Item {
  return projected({ M: item }, paths)?.M ?? {};
}

function projected(value: AttributeValue, paths: readonly (readonly (string | number)[])[]): AttributeValue | undefined {
  if (paths.some((path) => path.length === 0)) { return value; }
  const parts = [...new Set(paths.map(([head]) => head!))].flatMap((head) => {
    const element = elementOf(value, head);
    const part = element && projected(element, paths.filter((path) => path[0] === head).map((path) => path.slice(1)));
    return part ? [[head, part] as const] : [];
  });
  if (parts.length === 0) { return undefined; }
  if (value.L) { return { L: [...parts].sort(([a], [b]) => Number(a) - Number(b)).map(([, part]) => part) }; }
  return { M: Object.fromEntries(parts) };
}
