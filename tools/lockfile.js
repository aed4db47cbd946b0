// Keeps npm from running any dependency's install script, for every npm from 10 on (docs/decisions/0006):
// without `hasInstallScript` npm looks for none, and `gypfile: false` keeps npm 10 from compiling a binding.gyp.
// `npm run lockfile` mends package-lock.json after a dependency was changed; `--check FILE` only says whether it must.
import { readFileSync, writeFileSync } from 'node:fs';
import { argv, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

/** Packages whose folder holds a binding.gyp, which npm 10 would build on its own account. */
const compiled = ['node_modules/@tensorflow/tfjs-node-gpu'];

/** The same lock file with no package that has something to run. */
function quiet(lock) {
  const packages = Object.entries(lock.packages).map(([path, { hasInstallScript: _, ...entry }]) => [
    path,
    compiled.includes(path) ? { ...entry, gypfile: false } : entry,
  ]);
  return { ...lock, packages: Object.fromEntries(packages) };
}

const check = argv[2] === '--check';
const path = argv[3] ?? fileURLToPath(new URL('../package-lock.json', import.meta.url));
const text = readFileSync(path, 'utf8');
const quieted = `${JSON.stringify(quiet(JSON.parse(text)), null, 2)}\n`;
if (!check) writeFileSync(path, quieted);
else if (text !== quieted) {
  console.error(
    'package-lock.json lets a dependency run an install script; mend it with `npm run lockfile`.',
  );
  exit(1);
}
