import { randomUUID } from 'node:crypto';

/** One order of the demo: how it is sent, and what must have become of it. */
export interface DemoOrder {
  readonly orderId: string;
  /** What is peculiar about it, in a few words. */
  readonly story: string;
  /** How often its message is sent; the second copy goes with the first, or after the first has been handled. */
  readonly sent: 'once' | 'twice at once' | 'twice in turn';
  readonly body: string;
  readonly quantity: number;
  /** An article that the shop does not have until somebody repairs that. */
  readonly missingArticle?: true;
  readonly expected: {
    /** The fewest and the most tries: a death in company is none, a death alone is one. */
    readonly tries: readonly [number, number];
    /** How often the stock must have been reserved, before and after the redrive. */
    readonly effects: number;
    readonly effectsAfterRedrive: number;
    /** Why it rests among the dead letters. */
    readonly deadLetter?: string;
    readonly deadLetterAfterRedrive?: string;
  };
}

export const stockAtFirst = 100;

/** Every order has an article of its own, so that the stock shows how often each was counted. */
export const articleOf = ({ orderId }: DemoOrder) => `article-of-${orderId}`;

/** The orders of one run; ids are new each time, so that a run never meets the memory of another. */
export function demoOrders(run = randomUUID().slice(0, 4)): readonly DemoOrder[] {
  const order = (name: string, story: string, sent: DemoOrder['sent'], customer: string, expected: DemoOrder['expected'], more: Partial<DemoOrder> = {}): DemoOrder => {
    const orderId = `${name}-${run}`;
    const quantity = 3;
    return { orderId, story, sent, quantity, expected, body: JSON.stringify({ orderId, customer, lines: [{ sku: `article-of-${orderId}`, quantity }] }), ...more };
  };
  const handledOnce = { tries: [1, 1], effects: 1, effectsAfterRedrive: 1 } as const;
  return [
    order('ant', 'good, two copies in one batch', 'twice at once', 'ada', handledOnce),
    order('bee', 'good, second copy comes later', 'twice in turn', 'bob', handledOnce),
    order('cat', 'good, second copy comes later', 'twice in turn', 'cleo', handledOnce),
    order('dog', 'malformed', 'once', 'dan', { tries: [0, 0], effects: 0, effectsAfterRedrive: 0, deadLetter: 'NotJson', deadLetterAfterRedrive: 'NotJson' }, { body: '{"orderId": "dog", "lines": [' }),
    order('elk', 'its handler fails twice, then works', 'once', 'fails-twice', { ...handledOnce, tries: [3, 3] }),
    order('fox', 'its handler always fails: no such article', 'once', 'fred', { tries: [5, 5], effects: 0, effectsAfterRedrive: 1, deadLetter: 'WriteRefused' }, { missingArticle: true }),
    order('gnu', 'kills its function in the middle', 'once', 'kills-the-function', { ...handledOnce, tries: [1, 2] }),
  ];
}
