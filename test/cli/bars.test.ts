import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { barDisplay } from '../../src/cli/bars.ts';
import type { SweepEvent } from '../../src/execute/events.ts';

/** What a terminal of the given width got to see at the end of the events. */
function shown(columns: number, events: Iterable<SweepEvent>, now?: () => number): string {
  const terminal = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns });
  const display = barDisplay(terminal as unknown as NodeJS.WriteStream, 'normal', now);
  for (const event of events) display.show(event);
  display.close();
  return terminal.read();
}

const stage = 'permutation-cross-filter_hidden-160-3d87d7fc/seed-2';
const iterations = 70_000;
const started: SweepEvent[] = [
  {
    type: 'sweep-started',
    sweep: 'cifar10',
    runs: 4,
    stages: 12,
    planned: 6,
    iterations: 4 * 70_000,
    engine: 'onnx:cpu',
    devices: [0],
    jobs: 2,
    threads: 1,
  },
  { type: 'stage-started', stage, kind: 'phase', iterations },
];
const speed = { loss: 0.00123, millisecondsPerStep: 45 };
const halfway: SweepEvent = { type: 'stage-progress', stage, iteration: 35_000, iterations, ...speed };

describe('barDisplay', () => {
  it('has a line for the phase at work, shortened but for its seed, and one for all', () => {
    const lines = shown(100, [...started, halfway]).split('\n');
    expect(lines.join('\n')).toContain(
      'cifar10: 4 of 6 runs to do on onnx:cpu, 2 at a time with 1 thread each',
    );
    const bar = lines.find(line => line.includes('35000/70000'));
    expect(bar).toContain('permutation-cross-filter_hidde…/seed-2 =====----- 35000/70000');
    expect(bar).toContain('loss 1.23e-3 45 ms/step ETA 26m15s');
    expect(lines.join('\n')).toMatch(/cifar10 +=--------- 12 % 0\/12 stages ETA \d/);
  });

  it('expects of all that is left the speed of what was done now, not of what an earlier command did', () => {
    let clock = 0;
    const resumed: SweepEvent = { type: 'stage-progress', stage, iteration: 35_001, iterations, ...speed };
    const later: SweepEvent = { ...resumed, iteration: 35_100 };
    const events = function* () {
      yield* started;
      yield resumed;
      clock = 10_000;
      yield later;
    };
    // 100 steps in 10 seconds, 280,000 - 35,100 to go.
    expect(shown(120, events(), () => clock)).toContain('0/12 stages ETA 6h48m');
  });

  it('fits a terminal of 80 columns', () => {
    const [bar] = shown(80, [...started, halfway]).match(/perm.*ETA 26m15s/)!;
    expect(bar.length).toBeLessThanOrEqual(80);
  });

  it('turns a stage that ended into a line above', () => {
    const failed: SweepEvent = {
      type: 'stage-failed',
      stage,
      key: 'key',
      kind: 'nan',
      message: 'no number',
      hint: 'Lower it.',
    };
    const end = shown(80, [...started, halfway, failed]);
    expect(end).toContain(`failed    ${stage}: nan: no number\n  Lower it.\n`);
    expect(end).toContain('12 % 1/12 stages');
    expect(end).not.toContain('35000/70000');
  });

  it('counts stages that are no phases without a line of their own', () => {
    const evaluated: SweepEvent[] = [
      { type: 'stage-started', stage: 'accuracy', kind: 'evaluation' },
      { type: 'stage-finished', stage: 'accuracy', key: 'key', kind: 'evaluation', seconds: 1 },
    ];
    const end = shown(80, [...started, halfway, ...evaluated]);
    expect(end).toContain('12 % 1/12 stages');
    expect(end).not.toMatch(/^accuracy/m);
  });

  it('breaks a long line instead of losing its end, and clears the bars before it', () => {
    const finished: SweepEvent = {
      type: 'run-finished',
      run: stage,
      metrics: { accuracy: 91.25 },
      seconds: 60,
    };
    const end = shown(60, [...started, halfway, finished]);
    const told = end.slice(end.lastIndexOf('finished')).split('\n');
    expect(told[0]!.length).toBeLessThanOrEqual(60);
    expect(told.slice(0, 3).join(' ')).toContain('accuracy 91.25');
    expect(end.slice(0, end.lastIndexOf('finished'))).toContain('\u001b[0J');
  });
});
