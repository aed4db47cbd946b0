import type { EngineOrder } from '../engine/order.ts';
import { inspect, type Thoroughness } from './inspect.ts';

// The life of a probe: one question, what is found piece by piece, and the end, by force, for graphics libraries that
// would keep the process alive. The death of whoever asked ends it too.
// Ctrl-C reaches it as well, but is for whoever asked to act on: what it found out would look like a crash.
process.on('SIGINT', () => {});
process.once('disconnect', () => process.exit(1));
process.once('message', async message => {
  const { order, thoroughness } = message as { order: EngineOrder; thoroughness: Thoroughness };
  await inspect(order, thoroughness, progress => process.send!(progress));
  process.send!({ done: true }, () => process.exit(0));
});
