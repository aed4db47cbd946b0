// Compiles assembly/*.ts for src/, as texts so that they need no files of their own; what is up to date is left alone.
import { writeFileSync } from 'node:fs';
import { isUpToDate } from './up-to-date.js';

const modules = [
  ['assembly/kernel-search.ts', 'src/nern/ordering/kernel-search.generated.ts'],
  ['assembly/resample.ts', 'src/data/resample.generated.ts'],
];
const options = ['-O3', '--enable', 'simd', '--runtime', 'stub', '--noAssert', '--outFile', 'code.wasm'];

for (const [source, output] of modules) {
  if (isUpToDate(output, source, 'tools/compile-assembly.js')) continue;
  const { default: asc } = await import('assemblyscript/asc');
  let code;
  const { error, stderr } = await asc.main([source, ...options], {
    writeFile: (_, contents) => {
      code = contents;
    },
  });
  if (error) throw new Error(`${error.message}\n${stderr}`);
  writeFileSync(
    output,
    `// Compiled from ${source} by \`npm run generate\`.
export const code =
  '${Buffer.from(code).toString('base64')}';
`,
  );
}
