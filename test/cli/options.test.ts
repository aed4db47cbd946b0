import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { helpText } from '../../src/cli/help.ts';
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

  it('reads what is to compute', () => {
    expect(parseCommandLine(['--device', 'cuda:1', 'a.yaml']).device).toEqual({
      engine: 'onnx:cuda',
      index: 1,
    });
    expect(parseCommandLine(['a.yaml']).device).toBeUndefined();
    expect(refusal('--device', 'cudda', 'a.yaml')).toEqual({
      message: 'Expected a known device, got `cudda`',
      hint: 'Did you mean `cuda`?',
    });
  });

  it('reads the commands that take no specs', () => {
    expect(parseCommandLine(['doctor', '--json'])).toMatchObject({
      command: 'doctor',
      specs: [],
      json: true,
    });
    expect(parseCommandLine(['setup', 'tensorflow', '--from', 'env', '--headers', 'else'])).toMatchObject({
      command: 'setup',
      setup: { what: 'tensorflow', from: 'env', headers: 'else' },
    });
    expect(parseCommandLine(['setup', 'cuda']).setup).toEqual({
      what: 'cuda',
      from: undefined,
      headers: undefined,
    });
  });

  it.each([
    [['doctor', 'a.yaml'], 'Expected nothing after `doctor`, got `a.yaml`'],
    [['setup'], 'Expected `setup tensorflow` or `setup cuda`, got nothing'],
    [['setup', 'cuda', 'now'], 'Expected `setup tensorflow` or `setup cuda`, got `cuda now`'],
    [['setup', 'tensorfow'], 'Expected a known thing to set up, got `tensorfow`'],
    [['a.yaml', '--from', 'env'], 'Expected --from with `setup` and `data` only'],
    [['data', 'cifar10', '--headers', 'env'], 'Expected --headers with `setup` only'],
    [['data'], 'Expected one data set after `data`, got none'],
    [['data', 'cifar10', 'cifar100'], 'Expected one data set after `data`, got `cifar10 cifar100`'],
    [['data', 'cifar11'], 'Expected a known data set, got `cifar11`'],
  ])('refuses %j, which is no such command', (args, message) => {
    expect(refusal(...args).message).toBe(message);
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

it.each(['--from=x', '--headers=x', '--to=x', '--explain=x', '--delete'])(
  '--help is given beside %s',
  option => {
    expect(parseCommandLine(['--help', option]).help).toBe(true);
  },
);

it('the help and docs/cli.md name the same options, all of which are known', () => {
  const namedIn = (text: string) => new Set(text.match(/(?<![\w-])--[a-z]+/g));
  const named = namedIn(helpText());
  expect(namedIn(readFileSync('docs/cli.md', 'utf8'))).toEqual(named);
  // Whether it takes a value or not, it is not refused as one that nobody knows.
  for (const option of named) expect(refusal(option, '--bogus').message).not.toContain(`\`${option}\``);
});
