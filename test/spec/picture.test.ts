import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/spec/render.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { terminalPicture } from '../../tools/terminal-picture.ts';

// `npx vitest run test/spec/picture.test.ts -u` draws the picture anew.
test('docs/results/spec-errors.svg shows what three wrong specs give', async () => {
  const shown = ['typo', 'grid', 'values'].map(name => {
    const result = parseSpec(readFileSync(`test/fixtures/spec/${name}.yaml`, 'utf8'), `${name}.yaml`);
    if (result.ok) throw new Error(`Expected ${name}.yaml to be wrong`);
    return `$ nern-sweep validate ${name}.yaml\n${renderDiagnostics(result.diagnostics, result.sources, true)}`;
  });
  await expect(terminalPicture(shown.join('\n\n'))).toMatchFileSnapshot('../../docs/results/spec-errors.svg');
});
