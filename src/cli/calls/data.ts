import { relative, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { archives } from '../../catalogue/archives.ts';
import { type Brought, bring } from '../../fetch/bring.ts';
import type { Progress } from '../../fetch/download.ts';
import type { Options } from '../command.ts';
import { print } from '../output.ts';
import { formatDuration, mayRedraw } from '../screen.ts';

/** Brings a data set to the data root, and says where it is. Returns the exit code. */
export async function data({ data, quiet }: Pick<Options, 'data' | 'quiet'>): Promise<number> {
  const { name, from } = data!;
  const root = resolve(process.env.NERN_SWEEP_DATA || 'data');
  const mirror = process.env.NERN_SWEEP_MIRROR || undefined;
  const display = quiet ? silent : mayRedraw(process.stderr) ? bar(process.stderr) : lines(process.stderr);
  const brought = await bring({ dataset: archives[name], root, from, mirror }, event =>
    event.type === 'note' ? display.note(event.text) : display.progress(event.progress),
  ).finally(display.close);
  print(`${told(name, brought)}\n`);
  return 0;
}

function told(name: string, { folder, how }: Brought): string {
  const place = relative('', folder) || '.';
  return how === 'present' ? `${name} is there already: ${place}` : `${name} is ${how}: ${place}`;
}

interface Display {
  note(text: string): void;
  progress(progress: Progress): void;
  close(): void;
}

const silent: Display = { note: () => {}, progress: () => {}, close: () => {} };

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

function bar(stream: NodeJS.WriteStream): Display {
  const format = '{bar} {percentage} % {done} of {all}, ETA {eta_formatted}';
  let shown: SingleBar | undefined;
  const close = () => {
    shown?.stop();
    shown = undefined;
  };
  return {
    note(text) {
      close();
      stream.write(`${text}\n`);
    },
    progress({ done, total = done }) {
      const texts = { done: megabytes(done), all: megabytes(total) };
      if (shown === undefined) {
        shown = new SingleBar({ stream, format, barsize: 24, hideCursor: true, etaBuffer: 100 });
        shown.start(total, done, texts);
      }
      shown.setTotal(total);
      shown.update(done, texts);
    },
    close,
  };
}

/** A line for each tenth, and where the server does not tell how much comes, for each 100 MB. */
function lines(stream: NodeJS.WriteStream): Display {
  const began = performance.now();
  let step = -1;
  return {
    note: text => void stream.write(`${text}\n`),
    progress({ done, total }) {
      const now = Math.floor(total === undefined ? done / 1e8 : (10 * done) / Math.max(1, total));
      if (now <= step) return;
      step = now;
      const share = total === undefined ? '' : ` of ${megabytes(total)}, ${10 * now} %`;
      stream.write(`${megabytes(done)}${share}, ${formatDuration((performance.now() - began) / 1000)}\n`);
    },
    close: () => {},
  };
}
