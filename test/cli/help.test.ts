import { readFileSync } from 'node:fs';
import { expect, it, test } from 'vitest';
import { optionNames, written } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/command-list.ts';
import { helpOf, helpText, usageOf } from '../../src/cli/help.ts';
import { parseCommandLine } from '../../src/cli/options.ts';
import { displayWidth } from '../../src/text-width.ts';
import { makeWorkspace, runProgram } from './program.ts';

const page = readFileSync('docs/cli.md', 'utf8');

it('docs/cli.md has each way to call a command and each option as the definitions have them', () => {
  expect(page).toContain(`\`\`\`\n${usageOf(commands).join('\n')}\n\`\`\``);
  const table = page.slice(page.indexOf('| option | meaning |'), page.indexOf('`-j`, `-q`'));
  const told = [...table.matchAll(/`(--[^`]+)`(?=(?:, `--version`)? \|)|`(--version)`/g)].map(
    ([, one, two]) => one ?? two!,
  );
  expect(told.sort()).toEqual(optionNames.map(written).sort());
});

const own = (help: string) => help.match(/^ {2}(?:-\w, )?--\w+/gm)!.map(line => line.replace(/.*--/, ''));

test.each(commands.map(command => [command.name, command] as const))(
  'the help of `%s` has its options and no others, which are those that it takes',
  (name, command) => {
    const help = helpOf(command);
    expect(new Set(own(help))).toEqual(new Set([...command.options, 'help', 'version']));
    for (const line of help.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(120);
    for (const option of optionNames.filter(one => !own(help).includes(one))) {
      const value = written(option).includes(' ') ? ['1'] : [];
      const words = [...(name === 'run' ? [] : [name]), 'cuda', `--${option}`, ...value];
      expect(() => parseCommandLine(name === 'run' ? ['a.yaml', ...words.slice(1)] : words)).toThrow(
        `Expected --${option} with `,
      );
    }
  },
);

it('the general help has every option', () => {
  expect(own(helpText())).toEqual([...optionNames]);
});

it('is what --help prints, alone and behind a command', async () => {
  const workspace = makeWorkspace();
  const printed = async (...args: string[]) => {
    const { code, stdout, stderr } = await runProgram(workspace, args);
    expect([code, stderr]).toEqual([0, '']);
    return stdout;
  };
  expect(await printed('--help')).toBe(helpText());
  const gc = await printed('gc', '--help');
  expect(gc).toContain('Usage: nern-sweep gc [--out FOLDER] [--delete]');
  expect(gc).not.toContain('--jobs');
  expect(await printed('-h', 'gc')).toBe(gc);
  const { code, stderr } = await runProgram(workspace, ['gc', '--jobs', '2']);
  expect([code, stderr]).toEqual([
    2,
    'nern-sweep: Expected --jobs with a run, `plan` and `validate` only\n  nern-sweep gc --help shows what it takes.\n',
  ]);
});
