import { describe, expect, it } from 'vitest';
import { explainBuild } from '../../src/setup/build-log.ts';

/** What node-gyp 11, make and g++ 12 print. */
const logs: [string, string, string][] = [
  [
    'no Python',
    'gyp ERR! find Python \ngyp ERR! stack Error: Could not find any Python installation to use',
    'Expected a Python for node-gyp, found none',
  ],
  [
    'no make',
    'gyp info find Python using Python version 3.11.7\ngyp ERR! stack Error: not found: make',
    'Expected `make` for node-gyp, found none',
  ],
  ['no compiler', 'make: g++: No such file or directory', 'Expected the C++ compiler `g++`, found none'],
  [
    'incomplete headers',
    '../binding/tfjs_backend.h:25:10: fatal error: tensorflow/c/c_api.h: No such file or directory',
    "Expected TensorFlow's headers to have tensorflow/c/c_api.h, but they have not",
  ],
  [
    "no headers of Node.js'",
    '../binding/utils.h:21:10: fatal error: node_api.h: No such file or directory',
    "Expected Node.js' headers to have node_api.h, but they have not",
  ],
  [
    'no network',
    'gyp ERR! stack FetchError: request to https://example.org failed, reason: getaddrinfo ENOTFOUND example.org',
    "Expected node-gyp to fetch Node.js' headers, got `FetchError`",
  ],
  [
    'another processor',
    '/usr/bin/ld: libtensorflow_cc.so.2: file not recognized: File format not recognized',
    "Expected TensorFlow's libraries to be whole and for this processor, got files that the linker refuses",
  ],
];

describe('a failed build', () => {
  it.each(logs)('for %s is told as what is missing', (_, log, message) => {
    const failure = explainBuild(log);
    expect(failure.kind).toBe('environment');
    expect(failure.message).toBe(message);
    expect(failure.hint).toBeTruthy();
  });

  it('for another reason is told in the words of the compiler', () => {
    const log =
      "gyp info it worked\nbinding.cc:5:3: error: 'TFE_Op' was not declared\nmake: *** [x.o] Error 1";
    expect(explainBuild(log).message).toBe(
      "Expected the addon to compile, got:\n    binding.cc:5:3: error: 'TFE_Op' was not declared",
    );
  });
});
