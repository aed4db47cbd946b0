import { isatty } from 'node:tty';
import type { Interruption } from '../execute/executors/executor.ts';

/** The console of Windows that closes ends all its programs, whatever they do. */
const isWindows = process.platform === 'win32';

const signals = ['SIGINT', 'SIGTERM', ...(isWindows ? (['SIGHUP'] as const) : [])] as const;

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

/**
 * Lets the work go on when its terminal is closed, and under nohup, of which Node forgets that SIGHUP was to be ignored:
 * that signal counts, as SIGTERM does, only while messages go to a terminal that is there.
 */
export function outliveTerminal(): void {
  if (isWindows) return;
  process.on('SIGHUP', () => {
    if (isatty(2)) process.kill(process.pid, 'SIGTERM');
  });
}
