import { App } from 'aws-cdk-lib';
import { OrdersStack } from './orders-stack';

const app = new App();
new OrdersStack(app, 'Orders', { description: 'Orders from a queue: stock reserved once, a receipt for each' });
