import { parentPort } from 'node:worker_threads';
import { LarderError } from './core/errors.ts';
import type { FromFollower, ToFollower } from './engine/follow/follow-messages.ts';
import { createFollower, type Follower } from './engine/follow/serve-follower.ts';
import { lowerPriority } from './jobs/lower-priority.ts';
import { withBuffers } from './jobs/thread-messages.ts';
import { systemClock } from './lib/clock.ts';
import { systemTimers } from './lib/timers.ts';
import { openRepository } from './repository/open-repository.ts';
import { openStore } from './storage/open-store.ts';

/** The thread that archives the oplogs of all followed instances: takes orders, reports, and ends when it is told to. */
const port = parentPort;
if (port === null) throw new LarderError('internal', 'the follower works in a worker thread only');
lowerPriority();
const say = (message: FromFollower): void => port.postMessage(message);
let follower: Follower | null = null;

port.on('message', (received: unknown) => {
  const message = withBuffers(received) as ToFollower;
  switch (message.type) {
    case 'begin': {
      const { settings } = message;
      follower = createFollower({
        settings,
        openRepository: async () => {
          const store = await openStore(settings.repository.url, { clock: systemClock });
          return openRepository({ store, unlock: settings.repository.unlock, clock: systemClock, create: false });
        },
        clock: systemClock,
        timers: systemTimers,
        report: (instanceId, report) => say({ type: 'report', instanceId, report }),
      });
      return;
    }
    case 'orders':
      return follower?.follow(message.orders);
    case 'stop':
      void (follower?.stop() ?? Promise.resolve()).then(() => {
        say({ type: 'stopped' });
        port.close();
      });
  }
});
