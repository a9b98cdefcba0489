import { Template } from 'aws-cdk-lib/assertions';
import { Rule } from 'aws-cdk-lib/aws-events';
import { z } from 'zod/mini';
import { defineEvent } from '../../lambda/contract';
import { eventPatternOf, filterPolicyOf } from '../../lambda/event-pattern';
import { givenStack } from '../given';

const schema = z.object({
  orderId: z.string(),
  amount: z.number(),
  express: z.optional(z.boolean()),
  coupon: z.nullable(z.string()),
  address: z.object({ country: z.enum(['DE', 'FR']) }),
  tags: z.array(z.string()),
  lines: z.array(z.object({ sku: z.string() })),
  readAs: z._default(z.string(), 'a'),
});
const contractOf = (source: string, type: string) => defineEvent({ source, type, version: 1, schema, key: ({ orderId }) => orderId });
const placed = contractOf('shop.checkout', 'OrderPlaced');
const cancelled = contractOf('shop.checkout', 'OrderCancelled');
const paid = contractOf('shop.billing', 'OrderPaid');

test('finds the events of a contract', () => {
  expect(eventPatternOf(placed)).toEqual({ 'source': ['shop.checkout'], 'detail-type': ['OrderPlaced'] });
  expect(filterPolicyOf(placed)).toEqual({ metadata: { source: ['shop.checkout'], type: ['OrderPlaced'] } });
});

test('finds the events of several contracts, each named once', () => {
  expect(eventPatternOf(placed, cancelled, placed)).toEqual({ 'source': ['shop.checkout'], 'detail-type': ['OrderPlaced', 'OrderCancelled'] });
  expect(filterPolicyOf(placed, cancelled, placed)).toEqual({ metadata: { source: ['shop.checkout'], type: ['OrderPlaced', 'OrderCancelled'] } });
});

test('does not find the types of one source that another one sends', () => {
  expect(eventPatternOf(placed, paid, cancelled)).toEqual({
    $or: [
      { 'source': ['shop.checkout'], 'detail-type': ['OrderPlaced', 'OrderCancelled'] },
      { 'source': ['shop.billing'], 'detail-type': ['OrderPaid'] },
    ],
  });
  expect(filterPolicyOf(placed, paid)).toEqual({
    $or: [{ metadata: { source: ['shop.checkout'], type: ['OrderPlaced'] } }, { metadata: { source: ['shop.billing'], type: ['OrderPaid'] } }],
  });
});

test('asks for what the data of an envelope must be', () => {
  const pattern = eventPatternOf(placed, {
    data: {
      orderId: [{ prefix: 'eu-' }, 'x'],
      amount: [{ numeric: ['>', 0, '<=', 100] }, { 'anything-but': [5, 6] }, 7],
      express: [true, { exists: false }],
      coupon: [null, { 'anything-but': { prefix: 'TEST' } }],
      address: { country: ['DE'] },
      tags: ['gift'],
      lines: { sku: [{ 'anything-but': 'none' }] },
      readAs: [{ exists: false }],
    },
  });

  expect(pattern).toEqual({
    'source': ['shop.checkout'],
    'detail-type': ['OrderPlaced'],
    'detail': {
      data: {
        orderId: [{ prefix: 'eu-' }, 'x'],
        amount: [{ numeric: ['>', 0, '<=', 100] }, { 'anything-but': [5, 6] }, 7],
        express: [true, { exists: false }],
        coupon: [null, { 'anything-but': { prefix: 'TEST' } }],
        address: { country: ['DE'] },
        tags: ['gift'],
        lines: { sku: [{ 'anything-but': 'none' }] },
        readAs: [{ exists: false }],
      },
    },
  });
});

test('goes into a rule of the CDK as it is', () => {
  const stack = givenStack();
  const pattern = eventPatternOf(placed, { data: { amount: [{ numeric: ['>', 100] }] } });
  new Rule(stack, 'Rule', { eventPattern: pattern });

  Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', { EventPattern: pattern });
});

test('refuses what can never be met', () => {
  const never = () => {
    // @ts-expect-error the schema has no such property
    eventPatternOf(placed, { data: { customer: ['a'] } });
    // @ts-expect-error amount is a number
    eventPatternOf(placed, { data: { amount: ['1'] } });
    // @ts-expect-error only texts begin with a text
    eventPatternOf(placed, { data: { amount: [{ prefix: '1' }] } });
    // @ts-expect-error only numbers are more than a number
    eventPatternOf(placed, { data: { orderId: [{ numeric: ['>', 1] }] } });
    // @ts-expect-error an unknown comparison
    eventPatternOf(placed, { data: { amount: [{ numeric: ['!=', 1] }] } });
    // @ts-expect-error no country of theirs
    eventPatternOf(placed, { data: { address: { country: ['US'] } } });
    // @ts-expect-error it is never null
    eventPatternOf(placed, { data: { orderId: [null] } });
    // @ts-expect-error EventBridge refuses an empty list
    eventPatternOf(placed, { data: { orderId: [] } });
    // @ts-expect-error a value is not a list of values
    eventPatternOf(placed, { data: { orderId: 'a' } });
    // @ts-expect-error an unknown measure
    eventPatternOf(placed, { data: { orderId: [{ like: 'a' }] } });
    // @ts-expect-error a filter is for one contract
    eventPatternOf(placed, cancelled, { data: {} });
  };

  expect(never).toBeInstanceOf(Function);
});
