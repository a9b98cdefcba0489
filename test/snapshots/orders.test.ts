import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { OrdersStack } from '../../samples/orders/orders-stack';

/** The template with everything masked that changes with the content of an asset; logical ids stay, they are part of the contract. */
function masked(template: Template): unknown {
  return JSON.parse(JSON.stringify(template.toJSON()).replace(/\b[0-9a-f]{64}\b/g, '<asset>'));
}

test('the orders sample makes these resources', () => {
  // the bundle is another test's matter
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });

  const stack = new OrdersStack(app, 'Orders');

  expect(masked(Template.fromStack(stack))).toMatchSnapshot();
});
