import type { Interruption } from '../execute/executors/local.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The first signal asks all runs to end in good order, the second kills them. `dispose` gives the signals back.
 */
export function listenForInterrupts(): Interruption & { dispose: () => void } {
  const [stop, kill] = [new AbortController(), new AbortController()];
  const interrupt = () => (stop.signal.aborted ? kill : stop).abort();
  for (const signal of signals) process.on(signal, interrupt);
  const dispose = () => {
    for (const signal of signals) process.off(signal, interrupt);
  };
  return { stop: stop.signal, kill: kill.signal, dispose };
}
