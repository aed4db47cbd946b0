// Writes src/nern/ordering/kernel-search.generated.ts from assembly/kernel-search.ts, as a text so that it needs no file of its own.
import { writeFileSync } from 'node:fs';
import { isUpToDate } from './up-to-date.js';

const [source, output] = ['assembly/kernel-search.ts', 'src/nern/ordering/kernel-search.generated.ts'];
if (isUpToDate(output, source, 'tools/compile-assembly.js')) process.exit();

const { default: asc } = await import('assemblyscript/asc');
const options = ['-O3', '--enable', 'simd', '--runtime', 'stub', '--noAssert', '--outFile', 'code.wasm'];
let code;
const { error, stderr } = await asc.main([source, ...options], {
  writeFile: (_, contents) => {
    code = contents;
  },
});
if (error) throw new Error(`${error.message}\n${stderr}`);
writeFileSync(
  output,
  `// Compiled from assembly/kernel-search.ts by \`npm run generate\`.
export const code =
  '${Buffer.from(code).toString('base64')}';
`,
);
