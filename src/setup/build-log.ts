import { Failure } from '../failure.ts';

/** What a failed build prints, what it means, and what to do about it; the first that matches is told. */
const known: readonly (readonly [RegExp, (match: string) => string, string])[] = [
  [
    /Could not find any Python installation/,
    () => 'Expected a Python for node-gyp, found none',
    'Install Python 3.8 or later (Debian: apt install python3), or name one in the variable PYTHON.',
  ],
  [
    /not found: make|make: (?:command )?not found/,
    () => 'Expected `make` for node-gyp, found none',
    'Install the build tools (Debian: apt install build-essential; macOS: xcode-select --install).',
  ],
  [
    /((?:g\+\+|c\+\+|clang\+\+|cc)(?:-\d+)?): (?:No such file|command not found|not found)/,
    match => `Expected the C++ compiler \`${match}\`, found none`,
    'Install the build tools (Debian: apt install build-essential; macOS: xcode-select --install), or name a compiler in the variable CXX.',
  ],
  [
    /fatal error: '?(node_api\.h|js_native_api\.h)/,
    match => `Expected Node.js' headers to have ${match}, but they have not`,
    'Name the folder whose include/node is complete in the variable npm_config_nodedir.',
  ],
  [
    /fatal error: '?((?:tensorflow|xla|tsl)\/\S+?\.h)/,
    match => `Expected TensorFlow's headers to have ${match}, but they have not`,
    'Give a Python environment or wheel of TensorFlow as --headers: pip brings all of them.',
  ],
  [
    /(?:File|file) (?:in wrong format|format not recognized)|skipping incompatible (\S+)/,
    () =>
      "Expected TensorFlow's libraries to be whole and for this processor, got files that the linker refuses",
    'Get them again, for this machine.',
  ],
  [
    /(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|FetchError|\b40[34]\b response)/,
    match => `Expected node-gyp to fetch Node.js' headers, got \`${match}\``,
    'Name the folder whose include/node holds them in the variable npm_config_nodedir: the archives of nodejs.org have it (Debian: apt install libnode-dev, /usr).',
  ],
];

/** The Failure of kind 'environment' that a build's output tells of. */
export function explainBuild(log: string): Failure {
  for (const [pattern, message, hint] of known) {
    const match = pattern.exec(log);
    if (match) return new Failure('environment', message(match[1] ?? match[0]), hint, { log });
  }
  const errors = log.split('\n').filter(line => /error:|ld: |undefined reference/.test(line));
  const told = (errors.length > 0 ? errors : log.trim().split('\n').slice(-5)).slice(0, 5);
  return new Failure(
    'environment',
    `Expected the addon to compile, got:\n${told.map(line => `    ${line.trim()}`).join('\n')}`,
    'TensorFlow 2.12 to 2.21 are known to work.',
    { log },
  );
}
