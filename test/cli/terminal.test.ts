import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeWorkspace, type Workspace } from './program.ts';

/** util-linux's `script` runs a command on a terminal of its own; other systems' programs of that name differ. */
const hasScript =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;

let workspace: Workspace;
beforeEach(() => {
  workspace = makeWorkspace();
});
afterEach(() => rmSync(workspace.folder, { recursive: true }));

/** What a terminal of 80 columns gets to see of the command. */
function onTerminal(args: string, environment: Record<string, string | undefined>): string {
  const command = `stty cols 80 rows 24; exec ${process.execPath} ${resolve('dist/cli/main.js')} ${args}`;
  const options = {
    cwd: workspace.folder,
    env: { ...environment, TERM: 'xterm' },
    encoding: 'utf8',
  } as const;
  return spawnSync('script', ['-qec', command, '/dev/null'], options).stdout;
}

const escapeCharacter = '\u001b';

describe.skipIf(!hasScript)('on a terminal', () => {
  it('shows the total, lines above it, and the table in colours', () => {
    const { NO_COLOR: _, ...coloured } = workspace.environment('ok');
    const shown = onTerminal('tiny.yaml', coloured);
    expect(shown).toContain('/14 stages');
    expect(shown).toContain('tiny: 4 of 4 runs complete');
    expect(shown).toMatch(new RegExp(`${escapeCharacter}\\[1mpredictor.hidden`));
    expect(shown).toMatch(/140 +0\.261 +35\.8 ± 9\.5/);
  });

  it('says that there is nothing to do, without colours when NO_COLOR is set', () => {
    onTerminal('tiny.yaml', workspace.environment('ok'));
    const shown = onTerminal('tiny.yaml', workspace.environment('ok'));
    expect(shown).toContain('tiny: nothing to do for 4 runs');
    expect(shown).not.toMatch(new RegExp(`${escapeCharacter}\\[[0-9;]*m`));
  });

  it('leaves no line wider than the terminal', () => {
    const shown = onTerminal('tiny.yaml', workspace.environment('ok'));
    const table = shown.slice(shown.indexOf('accuracy (%)')).split('\r\n');
    expect(Math.max(...table.map(line => line.length))).toBeLessThanOrEqual(80);
  });
});
