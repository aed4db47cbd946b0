import { Failure } from '../failure.ts';

/** What a limit of the system keeps from us, and how it is lifted. */
interface Limit {
  readonly expected: string;
  readonly hint: string;
}

const limits: Readonly<Record<string, Limit>> = {
  EMFILE: {
    expected: 'this process to be allowed more open files',
    hint: 'Raise the limit (`ulimit -n 1024`), or run fewer at a time (--jobs).',
  },
  ENFILE: {
    expected: 'this machine to have room for more open files',
    hint: 'All its programs together have too many files open: end some.',
  },
  EAGAIN: {
    expected: 'the system to start another process or thread',
    hint: 'Raise the limit (`ulimit -u`, or that of the container), or run fewer at a time (--jobs, --threads).',
  },
};

/** Of the path that an error names. */
const places: Readonly<Record<string, string>> = {
  EACCES: 'Give yourself permission there, or choose another place.',
  EPERM: 'Give yourself permission there, or choose another place.',
  EROFS: 'That file system is read-only: choose another place.',
  ENOSPC: 'The disk is full: free some space, or choose another place.',
  EDQUOT: 'Your disk quota is used up: free some space, or choose another place.',
  EIO: 'The disk or its connection fails.',
};

/** How V8 says that it got no addresses for a WebAssembly memory. */
const noAddresses = /cannot allocate wasm memory|WebAssembly.*out of memory/i;

/** What an error of the system means for people; undefined where it is another error, which may be a bug of ours. */
export function failureOfSystem(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message, path, syscall } = error as NodeJS.ErrnoException;
  const code = codeOf(error);
  if (noAddresses.test(message) || code === 'ENOMEM')
    return new Failure(
      'out-of-memory',
      `Expected the system to give memory, got \`${message}\``,
      'Free memory, or lift the limit (`ulimit -v unlimited`): each WebAssembly memory takes 10 GiB of addresses, though not of memory.',
    );
  if (code === 'ERR_MODULE_NOT_FOUND') return lacksModule(message);
  const limit = limits[code ?? ''];
  if (limit !== undefined) {
    const where = path ?? syscall;
    const at = where === undefined ? '' : ` at ${where}`;
    return new Failure('environment', `Expected ${limit.expected}, got \`${code}\`${at}`, limit.hint);
  }
  const hint = places[code ?? ''];
  if (hint === undefined || path === undefined) return undefined;
  return new Failure('environment', `Expected ${path} to be usable, got \`${code}\``, hint);
}

/** Node says so also of a package whose description it could not open. */
function lacksModule(message: string): Failure {
  const name = /'([^']+)'/.exec(message)?.[1] ?? message;
  return new Failure(
    'environment',
    `Expected ${name} to be installed, got none`,
    'Run `npm ci` in the folder of nern-sweep; where it is there, too few files may be open at once: `ulimit -n 1024`.',
  );
}

/** Threads that cannot be started have no code of the system, and errors that crossed one have it in their words. */
function codeOf(error: NodeJS.ErrnoException): string | undefined {
  if (error.code === 'ERR_WORKER_INIT_FAILED') return /EMFILE/.exec(error.message)?.[0] ?? 'EAGAIN';
  return error.code ?? /\b(EMFILE|ENFILE|ENOMEM)\b/.exec(error.message)?.[0];
}
