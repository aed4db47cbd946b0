import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { cannotWrite } from '../files/atomic.ts';
import type { Emit, SweepEvent } from './events.ts';
import { everyTenth } from './progress.ts';

/**
 * Appends events to events.jsonl in the sweep's folder, each with its time; of a run's progress each tenth.
 * Throws a Failure of kind 'environment' when the file cannot be written.
 */
export function openEventLog(folder: string): { record: Emit<SweepEvent>; close: () => void } {
  const file = join(folder, 'events.jsonl');
  let descriptor: number;
  try {
    descriptor = openSync(file, 'a+');
  } catch (error) {
    throw cannotWrite(file, error);
  }
  const isDue = everyTenth();
  const record = (event: SweepEvent) => {
    if (event.type === 'stage-progress' && !isDue(event)) return;
    try {
      const line = `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
      writeSync(descriptor, isTorn(descriptor) ? `\n${line}` : line);
    } catch {
      // A disk that is full is told by the results that cannot be written; a line of the log is not worth a run.
    }
  };
  return { record, close: () => closeSync(descriptor) };
}

/** Whether the last line lacks its end: its writer was killed, or found no room for all of it. */
function isTorn(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last.toString() !== '\n';
}
