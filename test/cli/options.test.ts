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
    expect(refusal('--frobnicate', 'a.yaml').hint).toBe('nern-sweep --help lists all options.');
  });

  it('suggests the nearest command', () => {
    expect(refusal('valdate', 'a.yaml')).toEqual({
      message: 'Expected a known command, got `valdate`',
      hint: 'Did you mean `validate`?',
    });
    expect(refusal('frobnicate').hint).toBe('A spec is a file: is its extension missing?');
  });

  it.each(['0', '-1', '1.5', 'two', '1e3', ''])('refuses `%s` as a number of jobs', text => {
    expect(refusal(`--jobs=${text}`, 'a.yaml').message).toBe(
      `Expected --jobs to be a whole number of at least 1, got \`${text}\``,
    );
  });

  it.each([[['a.yaml', '--jobs']], [['--json=yes', 'a.yaml']]])('refuses %j', args => {
    expect(refusal(...args).message).toMatch(/^Option '.*(argument missing|does not take an argument)/);
  });

  it('refuses a call without a spec', () => {
    expect(refusal().message).toBe('Expected a spec file, got none');
    expect(refusal('validate').message).toBe('Expected a spec file, got none');
  });
});
