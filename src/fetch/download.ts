import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Failure } from '../failure.ts';
import { cannotWrite, makeFolder } from '../files/atomic.ts';

/** How far a download is. */
export interface Progress {
  /** Bytes that are there, those of earlier calls included. */
  readonly done: number;
  /** Absent: the server does not tell. */
  readonly total: number | undefined;
}

/** How patient a download is. */
export interface Patience {
  /** Tries in a row that bring nothing, before it is given up. */
  readonly tries: number;
  /** Milliseconds before the second try; doubled before each further one. */
  readonly pause: number;
  /** Milliseconds without a byte after which a connection counts as broken. */
  readonly silence: number;
}

const usual: Patience = { tries: 6, pause: 1000, silence: 60_000 };

/**
 * Downloads a file whose md5 is known. What has come is kept beside it as `<file>.part`: when the connection breaks, or the
 * call, the next one goes on from there (an HTTP range). The file is there only when its checksum is right. Throws a
 * Failure of kind 'environment' when the server cannot be reached or refuses, of kind 'data' for a wrong checksum, after
 * which the next call begins anew.
 */
export async function download(
  url: string,
  file: string,
  md5: string,
  tell: (progress: Progress) => void,
  patience: Patience = usual,
): Promise<void> {
  const part = `${file}.part`;
  await makeFolder(dirname(file));
  let inVain = 0;
  for (let reason: unknown; ; ) {
    const before = await sizeOf(part);
    try {
      await receive(url, part, before, tell, patience.silence);
      break;
    } catch (error) {
      if (error instanceof Failure) throw error;
      reason = error;
    }
    inVain = (await sizeOf(part)) > before ? 0 : inVain + 1;
    if (inVain >= patience.tries) throw unreachable(url, part, reason);
    await setTimeout(patience.pause * 2 ** inVain);
  }
  const found = await md5Of(part);
  if (found !== md5) {
    await rm(part, { force: true });
    throw new Failure(
      'data',
      `Expected ${url} to have the md5 \`${md5}\`, got \`${found}\``,
      'What came is thrown away: try again, or get the archive elsewhere and give it with --from.',
    );
  }
  await rename(part, file);
}

const sizeOf = (file: string) =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  );

/** One connection: appends what comes to `part`, which has `have` bytes. Throws whatever breaks it. */
async function receive(
  url: string,
  part: string,
  have: number,
  tell: (progress: Progress) => void,
  silence: number,
): Promise<void> {
  const stop = new AbortController();
  const watch = watchdog(silence, () => stop.abort(new Error(`nothing came for ${silence / 1000} seconds`)));
  try {
    const headers = have > 0 ? { range: `bytes=${have}-` } : {};
    const response = await fetch(url, { headers, signal: stop.signal });
    // The server has no more than what is here.
    if (response.status === 416 && have > 0) return;
    if (!response.ok || response.body === null) throw refused(url, response);
    const from = response.status === 206 ? have : 0;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = Number.isFinite(length) ? from + length : undefined;
    const file = await open(part, from === 0 ? 'w' : 'a').catch(error => {
      throw cannotWrite(part, error);
    });
    try {
      let done = from;
      tell({ done, total });
      for await (const chunk of response.body) {
        watch.reset();
        await file.write(chunk).catch(error => {
          throw cannotWrite(part, error);
        });
        done += chunk.length;
        tell({ done, total });
      }
      if (total !== undefined && done < total) throw new Error(`the connection ended after ${done} bytes`);
    } finally {
      await file.close();
    }
  } finally {
    watch.stop();
  }
}

function watchdog(milliseconds: number, bark: () => void) {
  let timer = globalThis.setTimeout(bark, milliseconds);
  return {
    reset() {
      clearTimeout(timer);
      timer = globalThis.setTimeout(bark, milliseconds);
    },
    stop: () => clearTimeout(timer),
  };
}

/** A server that is overloaded may be asked again; one that says no will say it again. */
function refused(url: string, { status, statusText }: Response): Error {
  if (status >= 500 || status === 429) return new Error(`status ${status} ${statusText}`);
  return new Failure(
    'environment',
    `Expected ${url} to be there, got status \`${status}\` ${statusText}`,
    'Get the archive elsewhere and give it with --from.',
  );
}

function unreachable(url: string, part: string, error: unknown): Failure {
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
  return new Failure(
    'environment',
    `Expected ${url} to send its data, got: ${reason}`,
    `What has come is kept in ${part}: the same command goes on from there. Or get the archive elsewhere and give it with --from.`,
  );
}

/** In hexadecimal. */
export async function md5Of(file: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk);
  return hash.digest('hex');
}
