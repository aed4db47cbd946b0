import fc, { type Arbitrary } from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { InputHashes } from '../../src/contract/inputs.ts';
import { planSweep } from '../../src/plan/plan.ts';
import type { Overrides } from '../../src/spec/overrides.ts';
import { renderDiagnostics } from '../../src/spec/render.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { assumedOf } from '../support/inputs.ts';
import { blocks, mutants, overrides, typos } from '../support/mutants.ts';

// What bounds a spec is `patience`; all of them together take as long as the machine is busy.
vi.setConfig({ testTimeout: 900_000 });

/** Milliseconds of a processor's time: what a spec takes whatever else the machine does. */
const spent = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** The most that any spec may take. */
const patience = 2000;

/** A content for every file that a spec may name, and a count for each set of images. */
const whatever: InputHashes = new Proxy(
  {},
  { get: (_, role) => (role === 'original-count' ? '500' : String(role)) },
);

/** What becomes of a spec: it is refused or has a plan. What is thrown fails the test. */
function outcomeOf(text: string, set: Overrides['set'] = []): 'refused' | 'planned' {
  const began = spent();
  const parsed = parseSpec(text, '/nowhere/mutant.yaml', { set });
  const shown = parsed.ok ? '' : renderDiagnostics(parsed.diagnostics, parsed.sources, false);
  expect(spent() - began, text).toBeLessThan(patience);
  if (!parsed.ok) {
    expect(shown).toMatch(/ error \S/);
    expect(shown).not.toMatch(/undefined|\[object|NaN: /);
    return 'refused';
  }
  const { sweep } = parsed;
  const { runs } = planSweep(sweep, assumedOf(sweep, whatever));
  expect(runs).toHaveLength(sweep.cells.length * sweep.seeds.length);
  return 'planned';
}

/** How many of the specs came to what. */
function tallyOf(specs: readonly (readonly [text: string, set?: string[]])[]) {
  const tally = { refused: 0, planned: 0 };
  for (const [text, set] of specs) tally[outcomeOf(text, set)]++;
  return tally;
}

const drawn = <Value>(specs: Arbitrary<Value>, numRuns: number) => fc.sample(specs, { seed: 11, numRuns });

test('values of other types, keys elsewhere, blocks of other specs: refused or planned, never more', () => {
  const { refused, planned } = tallyOf(drawn(mutants, 800).map(text => [text]));
  expect(refused).toBeGreaterThan(500);
  expect(planned).toBeGreaterThan(10);
});

test('blocks of other specs in their places', () => {
  const { refused, planned } = tallyOf(drawn(blocks, 400).map(text => [text]));
  expect(Math.min(refused, planned)).toBeGreaterThan(50);
});

test('slips of the keyboard', () => {
  const { refused, planned } = tallyOf(drawn(typos, 600).map(text => [text]));
  expect(refused).toBeGreaterThan(400);
  expect(planned).toBeGreaterThan(20);
});

test('whatever is set on the command line', () => {
  const { refused, planned } = tallyOf(
    drawn(fc.tuple(blocks, fc.array(overrides, { minLength: 1, maxLength: 2 })), 400),
  );
  expect(refused).toBeGreaterThan(200);
  expect(planned).toBeGreaterThan(5);
});

test('a value twice is told whatever it is made of', () => {
  for (const twice of ['{}', '{ valueOf: 1, toString: 2 }', '[{}]', '.nan']) {
    const text = `name: x\ntarget: { network: resnet8, dataset: procedural }\nevaluate: [${twice}, ${twice}]\n`;
    expect(outcomeOf(text)).toBe('refused');
  }
});
