import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeWorkspace, runProgram } from './program.ts';

it('gc removes what no sweep needs any more, when it is told to', async () => {
  const workspace = makeWorkspace();
  const gc = async (...args: string[]) => {
    const { code, stdout, stderr } = await runProgram(workspace, ['gc', ...args]);
    expect([code, stderr]).toEqual([0, '']);
    return stdout;
  };
  expect(await gc()).toBe('runs: 0 of 0 objects needed by none of 0 sweeps, 0 B\n');
  await runProgram(workspace, ['tiny.yaml']);
  const { objects } = JSON.parse(await gc('--json'));
  expect(objects).toBe(workspace.stages().length);
  expect(await gc('--delete')).toBe(
    `runs: 0 of ${objects} objects needed by none of 1 sweeps, 0 B\nRemoved 0 B.\n`,
  );
  rmSync(join(workspace.folder, 'runs/tiny'), { recursive: true });
  const found = `runs: ${objects} of ${objects} objects needed by none of 0 sweeps, `;
  const listed = await gc('--verbose');
  expect(listed).toContain(found);
  expect(listed).toMatch(/Nothing was touched: --delete removes them\.\n$/);
  expect(listed.split('\n').filter(line => line.startsWith('runs/.store/'))).toHaveLength(objects);
  expect(await gc('--delete')).toContain(found);
  expect(JSON.parse(await gc('--json'))).toEqual({ objects: 0, sweeps: 0, garbage: [], bytes: 0, freed: 0 });
});
