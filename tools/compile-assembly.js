// Writes src/nern/ordering/kernel-search.generated.ts from assembly/kernel-search.ts, as a text so that it needs no file of its own.
import { writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const options = ['-O3', '--enable', 'simd', '--runtime', 'stub', '--noAssert', '--outFile', 'code.wasm'];
let code;
const { error, stderr } = await asc.main(['assembly/kernel-search.ts', ...options], {
  writeFile: (_, contents) => {
    code = contents;
  },
});
if (error) throw new Error(`${error.message}\n${stderr}`);
writeFileSync(
  'src/nern/ordering/kernel-search.generated.ts',
  `// Compiled from assembly/kernel-search.ts by \`npm run generate\`.
export const code =
  '${Buffer.from(code).toString('base64')}';
`,
);
