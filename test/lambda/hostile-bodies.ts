import fc from 'fast-check';

/** What is wrapped around a fact on its way, or is nearly that. */
export interface Layer {
  readonly kind: 'notification' | 'event' | 'envelope';
  readonly broken: boolean;
  /** Puts it around the text of what is inside. */
  readonly around: (inside: string) => string;
}

const names = ['__proto__', 'constructor', 'toString', 'metadata', 'data', 'detail', 'Type', 'Message', 'id', 'type', 'source', 'version', '', 'a'];
const numbers = ['0', '-0', '1e400', '-1e400', '1e-400', '123456789012345678901234567890', '9007199254740993', '0.1'];
const texts = fc.oneof(fc.constantFrom('null', '0', '{"a":1}', '\ud800', '\udc00\ud83d', '\u0000'), fc.string({ unit: 'binary', maxLength: 8 }));

/** The text of a value. Its depth is spread widely; a name may come twice, and a lone surrogate escaped or as it is. */
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('null', 'true', 'false', ...numbers),
    texts.map((each) => JSON.stringify(each)),
    fc.array(tie('value'), { maxLength: 4 }).map((each) => `[${each.join(', ')}]`),
    fc.array(fc.tuple(fc.constantFrom(...names), tie('value')).map(([name, each]) => `"${name}":${each}`), { maxLength: 4 })
      .map((each) => `{${each.join()}}`),
  ),
}));
const levels = fc.oneof({ weight: 60, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(500, 512, 513, 20_000) });

/** The text of a fact that is like nothing that is wrapped around facts. */
export const facts = fc.tuple(value, levels).map(([each, depth]) =>
  `{"orderId":"a","__proto__":{"polluted":true},"more":${'['.repeat(depth)}${each}${']'.repeat(depth)}}`);

const junk = fc.constantFrom<unknown>(null, true, 0, -1, 0.5, '', 'junk', [], {}, ['id'], { Value: 1 });

/** What may happen to the fields of a layer: one is gone, is something else, or is one too many. */
const breakages = (fields: readonly string[], holder: string) => fc.oneof(
  fc.constantFrom(...fields, holder).map((name) => ({ [name]: undefined })),
  fc.tuple(fc.constantFrom(...fields), junk).map(([name, each]) => ({ [name]: each })),
  junk.map((each) => ({ extra: each })),
);

/** Writes fields, and among them the text of what they hold. */
function written(fields: object, holder: string, inside: string): string {
  const { [holder]: held, ...rest } = { [holder]: 'held', ...fields } as Record<string, unknown>;
  const pairs = Object.entries(rest).filter(([, each]) => each !== undefined).map(([name, each]) => `"${name}":${JSON.stringify(each)}`);
  return `{${[...pairs, ...(held === undefined ? [] : [`"${holder}":${inside}`])].join()}}`;
}

function layers(kind: Layer['kind'], fields: object, holder: string, inside: (text: string) => string = (each) => each): fc.Arbitrary<Layer> {
  const layer = (breakage: object | undefined): Layer =>
    ({ kind, broken: breakage !== undefined, around: (each) => written({ ...fields, ...breakage }, holder, inside(each)) });
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: breakages(Object.keys(fields), holder) }).map(layer);
}

const notification = layers('notification', {
  Type: 'Notification', MessageId: 'n', TopicArn: 'arn', Timestamp: '2026-01-01T00:00:00Z',
  MessageAttributes: { correlationId: { Type: 'String', Value: 'c' } },
}, 'Message', JSON.stringify);

const busEvent = layers('event', {
  'version': '0', 'id': 'b', 'source': 's', 'detail-type': 'T', 'account': '1', 'region': 'r', 'time': '2026-01-01T00:00:00Z', 'replay-name': 'again',
}, 'detail');

const metadata = {
  id: 'e', source: 's', type: 'T', version: 1, time: '2026-01-01T00:00:00Z', correlationId: 'c', hops: 1, traceparent: 't', idempotencyKey: 'k',
};
const envelope = fc.oneof(
  layers('envelope', { metadata }, 'data'),
  breakages(Object.keys(metadata), 'causationId')
    .map((breakage): Layer => ({ kind: 'envelope', broken: true, around: (each) => written({ metadata: { ...metadata, ...breakage } }, 'data', each) })),
);

/** Layers from the outside in: more or less as they come, and anyhow. */
export const wrappings = fc.oneof(
  fc.tuple(fc.array(notification, { maxLength: 6 }), fc.array(busEvent, { maxLength: 1 }), fc.array(envelope, { maxLength: 1 }))
    .map((each): Layer[] => each.flat()),
  fc.array(fc.oneof(notification, busEvent, envelope), { maxLength: 6 }),
);
