import { describe, expect, it } from 'vitest';
import { classifyError, classifyExit } from '../../src/execute/failures.ts';
import { Failure } from '../../src/failure.ts';

describe('classifyError', () => {
  it('keeps what a Failure says', () => {
    const failure = new Failure('nan', 'Expected a finite loss', 'Lower it.', { iteration: 3 });
    expect(classifyError(failure)).toEqual({
      kind: 'nan',
      message: 'Expected a finite loss',
      hint: 'Lower it.',
      details: { iteration: 3 },
    });
  });

  it('takes anything else for a bug, with its stack', () => {
    const bug = classifyError(new TypeError('x is not a function'));
    expect(bug).toMatchObject({ kind: 'bug', message: 'x is not a function' });
    expect(bug.details?.stack).toContain('failures.test');
    expect(classifyError('text')).toMatchObject({ kind: 'bug', message: 'text' });
  });

  it.each([
    'Array buffer allocation failed',
    'std::bad_alloc',
    'Failed to allocate memory for requested buffer',
  ])('takes `%s` for want of memory', message =>
    expect(classifyError(new RangeError(message)).kind).toBe('out-of-memory'),
  );
});

describe('classifyExit', () => {
  it.each([
    [{ exitCode: undefined, signal: 'SIGKILL', log: '' }, 'out-of-memory'],
    [{ exitCode: 137, signal: undefined, log: '' }, 'out-of-memory'],
    [
      { exitCode: undefined, signal: 'SIGABRT', log: 'FATAL ERROR: ... JavaScript heap out of memory' },
      'out-of-memory',
    ],
    [{ exitCode: undefined, signal: 'SIGSEGV', log: '' }, 'engine'],
    [{ exitCode: undefined, signal: 'SIGABRT', log: 'assertion failed' }, 'engine'],
    [{ exitCode: undefined, signal: 'SIGTERM', log: '' }, 'signal'],
    [{ exitCode: undefined, signal: 'SIGHUP', log: '' }, 'signal'],
    [{ exitCode: 1, signal: undefined, log: 'Error: x' }, 'bug'],
    [{ exitCode: 0, signal: undefined, log: '' }, 'bug'],
  ])('%j is %s', (exit, kind) => {
    expect(classifyExit(exit)).toMatchObject({ kind, details: exit });
  });

  it('of a process that the system did not begin tells why', () => {
    const exit = { exitCode: undefined, signal: undefined, log: '', refusal: 'spawn node EAGAIN' };
    const { kind, message } = classifyExit(exit);
    expect(kind).toBe('environment');
    expect(message).toBe('Expected the system to begin a worker process, got `spawn node EAGAIN`');
  });
});
