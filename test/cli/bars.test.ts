import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { barDisplay } from '../../src/cli/bars.ts';
import type { SweepEvent } from '../../src/run/events.ts';

/** What a terminal of the given width got to see at the end of the events. */
function shown(columns: number, events: readonly SweepEvent[]): string {
  const terminal = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns });
  const display = barDisplay(terminal as unknown as NodeJS.WriteStream, 'normal');
  for (const event of events) display.show(event);
  display.close();
  return terminal.read();
}

const run = 'permutation-cross-filter_hidden-160-3d87d7fc/seed-2';
const iterations = 70_000;
const started: SweepEvent[] = [
  {
    type: 'sweep-started',
    sweep: 'cifar10',
    runs: 4,
    planned: 6,
    engine: 'onnx:cpu',
    devices: [0],
    jobs: 2,
    threads: 1,
  },
  { type: 'run-started', run, iterations },
];
const speed = { loss: 0.00123, millisecondsPerStep: 45 };
const halfway: SweepEvent = { type: 'run-progress', run, iteration: 35_000, iterations, ...speed };

describe('barDisplay', () => {
  it('has a line for the run at work, shortened but for its seed, and one for all', () => {
    const lines = shown(100, [...started, halfway]).split('\n');
    expect(lines.join('\n')).toContain(
      'cifar10: 4 of 6 runs to do on onnx:cpu, 2 at a time with 1 thread each',
    );
    const bar = lines.find(line => line.includes('35000/70000'));
    expect(bar).toContain('permutation-cross-filter_hidde…/seed-2 =====----- 35000/70000');
    expect(bar).toContain('loss 1.23e-3 45 ms/step ETA 26m15s');
    expect(lines.join('\n')).toMatch(/cifar10 +=--------- 12 % 0\/4 runs ETA \d/);
  });

  it('fits a terminal of 80 columns', () => {
    const [bar] = shown(80, [...started, halfway]).match(/perm.*ETA 26m15s/)!;
    expect(bar.length).toBeLessThanOrEqual(80);
  });

  it('turns a run that ended into a line above', () => {
    const failed: SweepEvent = {
      type: 'run-failed',
      run,
      kind: 'nan',
      message: 'no number',
      hint: 'Lower it.',
    };
    const end = shown(80, [...started, halfway, failed]);
    expect(end).toContain(`failed    ${run}: nan: no number\n  Lower it.\n`);
    expect(end).toContain('25 % 1/4 runs');
    expect(end).not.toContain('35000/70000');
  });

  it('breaks a long line instead of losing its end, and clears the bars before it', () => {
    const finished: SweepEvent = { type: 'run-finished', run, metrics: { accuracy: 91.25 }, seconds: 60 };
    const end = shown(60, [...started, halfway, finished]);
    const told = end.slice(end.lastIndexOf('finished')).split('\n');
    expect(told[0]!.length).toBeLessThanOrEqual(60);
    expect(told.slice(0, 3).join(' ')).toContain('accuracy 91.25');
    expect(end.slice(0, end.lastIndexOf('finished'))).toContain('\u001b[0J');
  });
});
