import { ServiceModel } from './service-model';
import { envelopes, failureOf, moved, targets } from './targets';
import { ended, useVirtualClock } from '../virtual-clock';

useVirtualClock();

describe.each(Object.entries(targets).filter(([, { ordered }]) => ordered))('to a %s', (_name, { publish }) => {
  test('an event that is busy is not overtaken by a later one of its group, while other groups go on', async () => {
    const service = new ServiceModel();
    let busy = 3;
    const [first] = await ended(publish([moved('a', 1)], new ServiceModel()));
    service.entryFault = (id) => id === first!.id && busy-- > 0 ? 'busy' : undefined;

    await ended(publish([moved('a', 1), moved('a', 2), moved('b', 1), moved('a', 3), moved('b', 2)], service));

    const order = envelopes(service).map(({ data: { orderId, step } }) => `${orderId}${step}`);
    expect(order.filter((step) => step.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(order.slice(0, 2)).toEqual(['b1', 'b2']);
    expect(service.sentAgain).toEqual([]);
  });

  test('each event has tries of its own', async () => {
    const service = new ServiceModel();
    const sent = new Map<string, number>();
    service.entryFault = (id) => {
      sent.set(id, (sent.get(id) ?? 0) + 1);
      return sent.get(id)! < 3 ? 'busy' : undefined;
    };

    await ended(publish([moved('a', 1), moved('a', 2), moved('a', 3)], service, { tries: 3 }));

    expect(service.arrived).toHaveLength(3);
  });

  test('behind an event that is refused nothing of its group is sent, and the error names it all', async () => {
    const service = new ServiceModel();
    const [first] = await ended(publish([moved('a', 1)], new ServiceModel()));
    service.entryFault = (id) => id === first!.id ? 'refused' : undefined;

    const failure = await failureOf(ended(publish([moved('a', 1), moved('b', 1), moved('a', 2)], service)));

    expect(envelopes(service).map(({ data }) => data)).toEqual([{ orderId: 'b', step: 1 }]);
    expect(failure).toMatchObject({ accepted: 1, failed: [{ index: 0 }, { index: 2, code: 'NotSent', message: 'an earlier event of its group was not accepted' }] });
  });

  test('what failed can be given again as it is, and arrives in order', async () => {
    const service = new ServiceModel();
    const events = [moved('a', 1), moved('b', 1), moved('a', 2)];
    service.entryFault = () => 'busy';
    const { failed } = await failureOf(ended(publish(events, service, { tries: 1 })));
    service.entryFault = () => undefined;

    await ended(publish(failed.map(({ index }) => events[index]!), service));

    expect(envelopes(service).filter(({ data }) => data.orderId === 'a').map(({ data }) => data.step)).toEqual([1, 2]);
  });
});

describe.each(Object.entries(targets).filter(([, { ordered }]) => !ordered))('to a %s', (_name, { publish }) => {
  test('events of one key share a request, since there is no order to keep', async () => {
    const service = new ServiceModel();

    await ended(publish([moved('a', 1), moved('a', 2), moved('a', 3)], service));

    expect(service.requests).toHaveLength(1);
  });
});
