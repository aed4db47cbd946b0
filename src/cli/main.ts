#!/usr/bin/env node
// Imports nothing and uses no syntax of late years: whatever Node.js there is has to get as far as the sentence below.

/** As `engines` in package.json. */
const needed = [20, 12] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

function refuse(sentence: string, hint: string): void {
  process.stderr.write(`nern-sweep: ${sentence}\n  ${hint}\n`);
  process.exitCode = 3;
}

if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  refuse(
    `Expected Node.js ${needed.join('.')} or newer, got \`${process.versions.node}\``,
    `It is ${process.execPath}; https://nodejs.org has newer ones.`,
  );
} else {
  import('./program.ts').catch((error: NodeJS.ErrnoException) => {
    const hint =
      'Run `npm ci` in its folder, or raise what limits this shell (`ulimit -a`), as with `ulimit -n 1024`.';
    refuse(`Expected the program to be loaded, got \`${error.code || error.message}\``, hint);
  });
}
