import { expect, test } from 'vitest';
import { specReference } from '../../tools/spec-reference.ts';

test('docs/spec.md is what the schema and the limits say', async () => {
  await expect(specReference()).toMatchFileSnapshot('../../docs/spec.md');
});
