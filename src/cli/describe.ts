import type { RunFailure, SweepEvent } from '../execute/events.ts';
import { formatDuration, formatLoss, formatStep } from './screen.ts';

/** An event as plain text, of one or more lines without a final newline. */
export function describe(event: SweepEvent): string {
  switch (event.type) {
    case 'sweep-started':
      return describeStart(event);
    case 'engines-probed':
      return `testing   ${event.engines.join(', ')}: once, what is found is kept`;
    case 'engine-passed-over':
      return `not used  ${event.engine}${event.index === 0 ? '' : `:${event.index}`}: ${event.reason}`;
    case 'software-device':
      return `slow      ${event.engine}: ${event.device} is no GPU: it computes on the CPU`;
    case 'stage-mixed':
      return `mixed     ${event.stage}: ${event.engines.at(-1)} goes on with what ${event.engines.at(-2)} began`;
    case 'stage-sliced':
      return `memory    ${event.stage}: it ran out, so ${event.imagesAtOnce} images at a time from now on`;
    case 'run-skipped':
      return `skipped   ${event.run}: complete`;
    case 'set-aside':
      return `set aside ${event.file}: ${event.reason}`;
    case 'stage-started': {
      const { stage, kind, iterations } = event;
      return `started   ${stage}: ${iterations === undefined ? kind : `${iterations} iterations`}`;
    }
    case 'stage-progress': {
      const { stage, iteration, iterations, loss, millisecondsPerStep } = event;
      const left = formatDuration(((iterations - iteration) * millisecondsPerStep) / 1000);
      const speed = formatStep(millisecondsPerStep);
      const told = loss === undefined ? '' : ` loss ${formatLoss(loss)},`;
      return `running   ${stage}: ${iteration}/${iterations},${told} ${speed}, ${left} left`;
    }
    case 'stage-evaluated':
      return `evaluated ${event.stage}: ${event.iteration}, ${describeMetrics(event.metrics)}`;
    case 'stage-finished':
      return `done      ${event.stage}: ${event.kind} in ${formatDuration(event.seconds)}`;
    case 'stage-waiting':
      return `waiting   ${event.stage}: ${event.owner} is at it`;
    case 'stage-left-out':
      return `left out  ${event.stage}: ${event.reason}`;
    case 'target-near-chance':
      return `doubtful  ${event.stage}: ${describeDoubt(event)}`;
    case 'run-finished':
      return `finished  ${event.run}: ${describeMetrics(event.metrics)} in ${formatDuration(event.seconds)}`;
    case 'stage-failed':
      return describeFailure(event.stage, event);
    case 'stage-interrupted':
      return `ended     ${event.stage}: interrupted`;
    case 'sweep-stopping':
      return `stopping  ${event.reason}`;
    case 'sweep-finished': {
      const { sweep, complete, planned, failed, seconds } = event;
      const failures = failed === 0 ? '' : `, ${failed} failed`;
      return `${sweep}: ${complete} of ${planned} runs complete${failures}, ${formatDuration(seconds)}`;
    }
  }
}

function describeStart(event: Extract<SweepEvent, { type: 'sweep-started' }>): string {
  const { sweep, runs, stages, planned } = event;
  if (runs === 0) return `${sweep}: nothing to do for ${planned} runs`;
  if (event.engine === undefined)
    return `${sweep}: ${runs} of ${planned} runs to put together from stages that are all done`;
  const { jobs, threads, engine, devices } = event;
  const each = threads === 1 ? '1 thread' : `${threads} threads`;
  const on = devices.length > 1 ? `${devices.length} devices of ${engine}` : engine;
  return `${sweep}: ${runs} of ${planned} runs to do on ${on}, ${jobs} at a time with ${each} each: ${stages} stages`;
}

/** What is wrong with a target that is hardly better than guessing is one of these, each of which no file tells. */
function describeDoubt({ accuracy, chance }: { accuracy: number; chance: number }): string {
  const [own, guessed] = [accuracy, chance].map(value => Number(value.toPrecision(4)));
  return (
    `the target itself is right in ${own} % of the test images, guessing in ${guessed} %. Is \`data.normalize\` what it ` +
    'was trained with, are the classes in its order, is its wiring that of `target.network` (docs/networks.md)?'
  );
}

function describeMetrics(metrics: Record<string, number | null>): string {
  return (
    Object.entries(metrics)
      // What came before the end is in the tables.
      .filter(([name]) => !name.includes('.'))
      .map(([name, value]) => `${name} ${value === null ? 'not finite' : Number(value.toPrecision(5))}`)
      .join(', ')
  );
}

/** With the hint, and what a report of the failure needs: the worker's last words, or where a bug was noticed. */
export function describeFailure(name: string, { kind, message, hint, details }: RunFailure): string {
  const evidence = String(details?.log ?? details?.stack ?? '').trimEnd();
  const lines = evidence === '' ? [] : evidence.split('\n').map(line => `  | ${line}`);
  return [
    `failed    ${name}: ${kind}: ${message}`,
    ...(hint === undefined ? [] : [`  ${hint}`]),
    ...lines,
  ].join('\n');
}
