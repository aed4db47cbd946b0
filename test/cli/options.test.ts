import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/cli/options.ts';
import { Failure } from '../../src/failure.ts';

function refusal(...args: string[]): { message: string; hint: string | undefined } {
  try {
    parseCommandLine(args);
  } catch (error) {
    if (error instanceof Failure && error.kind === 'spec')
      return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error('Expected the call to be refused');
}

describe('parseCommandLine', () => {
  it('runs specs by default', () => {
    expect(parseCommandLine(['a.yaml', 'b.yaml'])).toMatchObject({
      command: 'run',
      specs: ['a.yaml', 'b.yaml'],
      out: 'runs',
      set: [],
      jobs: undefined,
      json: false,
    });
  });

  it('reads every option', () => {
    const line =
      'validate --set a.b=1 --set c=[x=2] --repeats 3 --jobs=4 --threads 2 --only x* --json s.yaml';
    expect(parseCommandLine([...line.split(' '), '--out', 'else where'])).toMatchObject({
      command: 'validate',
      specs: ['s.yaml'],
      out: 'else where',
      set: ['a.b=1', 'c=[x=2]'],
      repeats: 3,
      jobs: 4,
      threads: 2,
      only: 'x*',
      json: true,
    });
  });

  it('suggests the nearest option', () => {
    expect(refusal('--job', '2', 'a.yaml')).toEqual({
      message: 'Expected a known option, got `--job`',
      hint: 'Did you mean `--jobs`?',
    });
    // Near `--out` only by its dashes.
    expect(refusal('--bogus', 'a.yaml').hint).toBe('nern-sweep --help lists all options.');
    expect(refusal('-x', 'a.yaml').hint).toBe('nern-sweep --help lists all options.');
  });

  it('suggests the nearest command', () => {
    expect(refusal('valdate', 'a.yaml')).toEqual({
      message: 'Expected a known command, got `valdate`',
      hint: 'Did you mean `validate`?',
    });
    expect(refusal('run', 'a.yaml').hint).toBe('To run a spec, give its file and no command.');
  });

  it.each(['0', '-1', '1.5', 'two', '1e2', '257', ''])('refuses `%s` as a number of jobs', text => {
    expect(refusal(`--jobs=${text}`, 'a.yaml').message).toBe(
      `Expected --jobs to be a whole number from 1 to 256, got \`${text}\``,
    );
  });

  it.each([
    [['a.yaml', '--jobs'], 'Expected a value after --jobs, got none'],
    [['a.yaml', '-j'], 'Expected a value after -j, got none'],
    [['--json=yes', 'a.yaml'], 'Expected --json to stand alone, got the value `yes`'],
    [['--jobs', '-1', 'a.yaml'], 'Expected a value after --jobs, got the option `-1`'],
    [['--out', '--json', 'a.yaml'], 'Expected a value after --out, got the option `--json`'],
    [['--out=', 'a.yaml'], 'Expected --out to name a folder, got an empty name'],
    [[''], 'Expected a spec file, got an empty name'],
  ])('refuses %j', (args, message) => {
    expect(refusal(...args).message).toBe(message);
  });

  it('refuses a call without a spec', () => {
    expect(refusal().message).toBe('Expected a spec file, got none');
    expect(refusal('validate').message).toBe('Expected a spec file, got none');
  });
});
