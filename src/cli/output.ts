import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Failure } from '../failure.ts';

/** What kept results from being printed, if something did. */
let lost: NodeJS.ErrnoException | undefined;

/** Writes results to stdout; what keeps them from it is told when the program ends, for the work goes on. */
export function print(text: string): void {
  if (lost !== undefined) return;
  if (!isFile(process.stdout.fd)) {
    process.stdout.write(text);
    return;
  }
  // Node's stream of a file takes a part that was written for the whole.
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(process.stdout.fd, bytes, at);
  } catch (error) {
    lost = error as NodeJS.ErrnoException;
  }
}

/** Not a pipe or a terminal; /dev/full is one. */
function isFile(descriptor: number): boolean {
  if (process.stdout.isTTY) return false;
  const status = fstatSync(descriptor);
  return status.isFile() || status.isCharacterDevice();
}

/**
 * Keeps the program alive whatever happens to its output: a reader that went away (`| head`, a terminal that was closed)
 * is no reason to end the runs, nor are messages that find no room. Results that could not be printed are told by `tell`
 * at the end, and then the exit code is at least 3.
 */
export function guardOutput(tell: (failure: Failure) => void): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const isUnread = error.code === 'EPIPE' || error.code === 'ECONNRESET' || process.stdout.isTTY;
    if (!isUnread) lost ??= error;
  });
  const terminals = [0, 1, 2].filter(isatty);
  process.on('exit', () => {
    for (const descriptor of terminals) if (!isatty(descriptor)) forget(descriptor);
    if (lost === undefined) return;
    const message = `Expected stdout to take all that is printed, got \`${lost.code}\``;
    const hint = 'What was computed is kept: make room, and the same command prints it again.';
    tell(new Failure('environment', message, hint));
    process.exitCode = Math.max(Number(process.exitCode ?? 0), 3);
  });
}

/** Node aborts at its end where it cannot give back a terminal that was closed meanwhile. */
function forget(descriptor: number): void {
  closeSync(descriptor);
  // It gets the number that has just become free.
  openSync('/dev/null', 'r+');
}
