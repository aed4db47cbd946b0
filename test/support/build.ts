import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Builds dist/ before the tests when a source is newer: the tests of the command line spawn the built program. */
export default function setup(): void {
  const sources = ['src', 'assembly'].flatMap(folder =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => statSync(join(folder, name)).mtimeMs),
  );
  const built = statSync('dist/cli/main.js', { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built > Math.max(...sources)) return;
  // `npm run types` is the judge of types; here it counts that the program is there.
  const { stdout } = spawnSync('npm', ['run', '--silent', 'build'], { encoding: 'utf8' });
  if (statSync('dist/cli/main.js', { throwIfNoEntry: false }) === undefined) throw new Error(stdout);
}
