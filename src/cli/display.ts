import type { Emit, SweepEvent } from '../execute/events.ts';
import { everyTenth } from '../execute/progress.ts';
import { describe } from './describe.ts';

/** Shows a sweep's events while it runs. */
export interface Display {
  show: Emit<SweepEvent>;
  close: () => void;
}

/** What a display lets through: everything, what is of interest to most, or what went wrong. */
export type Detail = 'verbose' | 'normal' | 'quiet';

const wrong = new Set<SweepEvent['type']>(['stage-failed', 'sweep-stopping', 'target-near-chance']);
const minor = new Set<SweepEvent['type']>([
  'stage-evaluated',
  'stage-finished',
  'stage-left-out',
  'run-skipped',
]);

/** Whether an event is worth a line of text at this level of detail. */
export function isShown(event: SweepEvent, detail: Detail): boolean {
  if (detail === 'quiet') return wrong.has(event.type);
  if (event.type === 'engine-passed-over' && event.known) return detail === 'verbose';
  if (event.type === 'stage-started' && event.kind !== 'phase') return detail === 'verbose';
  return detail === 'verbose' || !minor.has(event.type);
}

/** One line an event, with a tenth of a run's iterations between lines of progress: for logs and pipes. */
export function lineDisplay(write: (text: string) => void, detail: Detail): Display {
  const isDue = everyTenth();
  const show = (event: SweepEvent) => {
    if (!isShown(event, detail) || (event.type === 'stage-progress' && !isDue(event))) return;
    write(`${describe(event)}\n`);
  };
  return { show, close: () => {} };
}
