import { describe, expect, it } from '@jest/globals';
import { openRedis } from '../../../src/base/queue/connections.ts';
import { closeWorkers } from '../../../workers/close.ts';
import { endRedis } from '../../support/end-redis.ts';

describe('closing workers while Redis is away', () => {
  it('waits for the turns under way, which hand back what they hold', async () => {
    // Nobody listens on port 1.
    const nowhere = { url: 'redis://127.0.0.1:1', cluster: false };
    const [patient, failFast] = [openRedis(nowhere, 'patient', () => {}), openRedis(nowhere, 'fail-fast', () => {})];
    const steps: string[] = [];
    let end = () => {};
    const turn = new Promise<void>((resolve) => {
      end = resolve;
    }).then(() => steps.push('turn'));
    const worker = {
      async close(force?: boolean) {
        steps.push(`close ${force}`);
      },
    };
    const underWay = () => {
      setImmediate(end);
      return [turn];
    };
    await closeWorkers({ workers: [worker, worker], patient, failFast, underWay });
    steps.push('closed');
    expect(steps).toEqual(['close true', 'close true', 'turn', 'closed']);
    await Promise.all([endRedis(patient), endRedis(failFast)]);
  });
});
