import { clearScreenDown } from 'node:readline';
import { MultiBar, type SingleBar } from 'cli-progress';
import { wrap } from '../report/terminal.ts';
import type { SweepEvent } from '../run/events.ts';
import { describe } from './describe.ts';
import { type Detail, type Display, isShown } from './display.ts';
import { formatDuration, formatLoss, formatStep } from './screen.ts';

/** What a line holds beside the name of the run. */
const numbersWidth = 62;

/** A total with its ETA and below it one line for each run at work; everything else scrolls by above. */
export function barDisplay(stream: NodeJS.WriteStream, detail: Detail): Display {
  const nameWidth = Math.max(12, Math.min(44, stream.columns - numbersWidth));
  // Lines that scroll by above move the bars: each is drawn anew, on a screen cleared of what stood there.
  const looks = { barsize: 10, hideCursor: true, clearOnComplete: true, forceRedraw: true, linewrap: false };
  // Ctrl-C is ours: the bars stay until the runs have ended.
  const bars = new MultiBar({ stream, format: '', gracefulExit: false, ...looks });
  bars.on('redraw-pre', () => clearScreenDown(stream));
  const running = new Map<string, SingleBar>();
  const fractions = new Map<string, number>();
  const started = performance.now();
  let total: SingleBar | undefined;
  let runs = 0;

  const updateTotal = () => {
    const done = [...fractions.values()].reduce((sum, fraction) => sum + fraction, 0);
    const seconds = (performance.now() - started) / 1000;
    const left = done === 0 ? '' : `ETA ${formatDuration((seconds * (runs - done)) / done)}`;
    const finished = [...fractions.values()].filter(fraction => fraction === 1).length;
    total?.update(done, { text: `${finished}/${runs} runs ${left}` });
  };
  const begin = (run: string, iterations: number) => {
    const format = `${elide(run, nameWidth)} {bar} {value}/{total} {text}`;
    running.set(run, bars.create(iterations, 0, { text: '' }, { format }));
  };
  const end = (run: string) => {
    const bar = running.get(run);
    if (bar !== undefined) bars.remove(bar);
    running.delete(run);
    fractions.set(run, 1);
    updateTotal();
  };

  const show = (event: SweepEvent) => {
    if (event.type !== 'run-progress' && event.type !== 'run-started' && isShown(event, detail))
      bars.log(`${fitted(describe(event), stream.columns)}\n`);
    if (event.type === 'sweep-started' && event.runs > 0) {
      runs = event.runs;
      const format = `${event.sweep.slice(0, nameWidth).padEnd(nameWidth)} {bar} {percentage} % {text}`;
      total = bars.create(runs, 0, { text: '' }, { format });
    }
    if (event.type === 'run-started') begin(event.run, event.iterations);
    if (event.type === 'run-progress') {
      const { run, iteration, iterations, loss, millisecondsPerStep } = event;
      const left = formatDuration(((iterations - iteration) * millisecondsPerStep) / 1000);
      running.get(run)?.update(iteration, {
        text: `loss ${formatLoss(loss)} ${formatStep(millisecondsPerStep)} ETA ${left}`,
      });
      fractions.set(run, Math.min(iteration / iterations, 0.999));
      updateTotal();
    }
    if (event.type === 'run-finished' || event.type === 'run-failed' || event.type === 'run-interrupted')
      end(event.run);
  };
  const close = () => {
    // Shows what was logged since the last redraw.
    bars.update();
    bars.stop();
  };
  return { show, close };
}

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
