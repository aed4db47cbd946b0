import { clearScreenDown } from 'node:readline';
import { MultiBar, type SingleBar } from 'cli-progress';
import type { SweepEvent } from '../execute/events.ts';
import { wrap } from '../text-width.ts';
import { describe } from './describe.ts';
import { type Detail, type Display, isShown } from './display.ts';
import { formatDuration, formatLoss, formatStep } from './screen.ts';

/** What a line holds beside the name of the run. */
const numbersWidth = 62;

/**
 * A total with its ETA and below it one line for each phase at work; everything else scrolls by above. `now` is a clock in
 * milliseconds.
 */
export function barDisplay(
  stream: NodeJS.WriteStream,
  detail: Detail,
  now: () => number = () => performance.now(),
): Display {
  const nameWidth = Math.max(12, Math.min(44, stream.columns - numbersWidth));
  // Lines that scroll by above move the bars: each is drawn anew, on a screen cleared of what stood there.
  const looks = { barsize: 10, hideCursor: true, clearOnComplete: true, forceRedraw: true, linewrap: false };
  // Ctrl-C is ours: the bars stay until the runs have ended.
  const bars = new MultiBar({ stream, format: '', gracefulExit: false, ...looks });
  bars.on('redraw-pre', () => clearScreenDown(stream));
  const running = new Map<string, SingleBar>();
  /** Iterations done, of each phase that was begun, those that an earlier command did, and the stages that are over. */
  const done = new Map<string, number>();
  const before = new Map<string, number>();
  const over = new Set<string>();
  const started = now();
  let total: SingleBar | undefined;
  let stages = 0;
  let iterations = 0;

  const updateTotal = () => {
    const all = sum(done);
    const ours = all - sum(before);
    const seconds = (now() - started) / 1000;
    const left = ours === 0 ? '' : `ETA ${formatDuration((seconds * (iterations - all)) / ours)}`;
    total?.update(iterations === 0 ? over.size : all, { text: `${over.size}/${stages} stages ${left}` });
  };
  const begin = (stage: string, iterations: number) => {
    const format = `${elide(stage, nameWidth)} {bar} {value}/{total} {text}`;
    running.set(stage, bars.create(iterations, 0, { text: '' }, { format }));
  };
  const end = (stage: string) => {
    const bar = running.get(stage);
    if (bar !== undefined) bars.remove(bar);
    running.delete(stage);
    over.add(stage);
    updateTotal();
  };

  const show = (event: SweepEvent) => {
    if (event.type !== 'stage-progress' && event.type !== 'stage-started' && isShown(event, detail))
      bars.log(`${fitted(describe(event), stream.columns)}\n`);
    if (event.type === 'sweep-started' && event.stages > 0) {
      stages = event.stages;
      iterations = event.iterations;
      const format = `${event.sweep.slice(0, nameWidth).padEnd(nameWidth)} {bar} {percentage} % {text}`;
      total = bars.create(iterations === 0 ? stages : iterations, 0, { text: '' }, { format });
    }
    if (event.type === 'stage-started' && event.iterations !== undefined)
      begin(event.stage, event.iterations);
    if (event.type === 'stage-progress') {
      const { stage, iteration, iterations, loss, millisecondsPerStep } = event;
      const left = formatDuration(((iterations - iteration) * millisecondsPerStep) / 1000);
      running.get(stage)?.update(iteration, {
        text: `${loss === undefined ? '' : `loss ${formatLoss(loss)} `}${formatStep(millisecondsPerStep)} ETA ${left}`,
      });
      // The first step that is told is the first that was done now.
      if (!before.has(stage)) before.set(stage, iteration - 1);
      done.set(stage, iteration);
      updateTotal();
    }
    if (
      event.type === 'stage-finished' ||
      event.type === 'stage-failed' ||
      event.type === 'stage-interrupted' ||
      event.type === 'stage-left-out'
    )
      end(event.stage);
  };
  const close = () => {
    // Shows what was logged since the last redraw.
    bars.update();
    bars.stop();
  };
  return { show, close };
}

const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);

/** The text with lines no longer than the terminal is wide, which would cut them off while bars are shown. */
function fitted(text: string, columns: number): string {
  const lines = text.split('\n').flatMap(line => wrap(line, columns));
  return lines.join('\n');
}

/** The name in exactly this width; what is left out is the end of the cell, never the seed. */
function elide(run: string, width: number): string {
  if (run.length <= width) return run.padEnd(width);
  const seed = run.slice(run.lastIndexOf('/'));
  return `${run.slice(0, width - seed.length - 1)}…${seed}`;
}
