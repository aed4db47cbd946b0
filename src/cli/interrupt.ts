import type { Interruption } from '../run/local.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The first signal asks all runs to end in good order, the second kills them; `tell` gets a sentence for each.
 * `dispose` gives the signals back.
 */
export function listenForInterrupts(tell: (text: string) => void): Interruption & { dispose: () => void } {
  const [stop, kill] = [new AbortController(), new AbortController()];
  const interrupt = () => {
    if (kill.signal.aborted) return;
    if (stop.signal.aborted) {
      tell('Ending all runs at once.');
      kill.abort();
    } else {
      tell('Stopping; finished runs are kept. Once more ends all at once.');
      stop.abort();
    }
  };
  for (const signal of signals) process.on(signal, interrupt);
  const dispose = () => {
    for (const signal of signals) process.off(signal, interrupt);
  };
  return { stop: stop.signal, kill: kill.signal, dispose };
}
