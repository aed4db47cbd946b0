import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Failure } from '../../src/failure.ts';
import { layOut } from '../../src/report/layout.ts';
import { collectResults } from '../../src/report/results.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { metricsOf } from '../../src/report/write.ts';
import { isMapping } from '../../src/spec/pointer.ts';
import { settingPaths } from '../../src/spec/schema.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { isLeftOut, specs, specTexts } from '../support/drawn-specs.ts';
import { newFolder } from '../support/files.ts';
import { furnish, names, openWorld, type World } from '../support/small-world.ts';
import { execute } from '../support/whole-runs.ts';

const schema = JSON.parse(readFileSync('schema/results.schema.json', 'utf8'));
const isContract = new Ajv2020({ allowUnionTypes: true }).compile(schema);

let world: World;

beforeAll(async () => {
  process.env.NERN_SWEEP_CACHE = newFolder({});
  world = await openWorld();
  process.env.NERN_SWEEP_DATA = join(world.root, 'data');
});

/** All numbers in it, and what takes the place of a number that is none. */
function numbersIn(value: unknown): unknown[] {
  if (typeof value === 'number' || value === null) return [value];
  return typeof value === 'object' ? Object.values(value).flatMap(numbersIn) : [];
}

/*
 * A setting that is added to the schema makes other specs of the same seed. That one of them is beyond a test, or
 * overflows as deep networks of fresh kernels do (a Failure of kind 'nan'), asks for another seed; all else is a mistake.
 */
describe('specs drawn from the schema', () => {
  const drawn = fc.sample(specs, { seed: 6, numRuns: 10 });
  test.each(drawn.map((text, i) => [i, text] as const))('number %i runs', async (i, written) => {
    const text = written.replaceAll(names.sweep, world.sweep);
    const folder = join(world.root, `spec-${i}`);
    const parsed = parseSpec(text, join(folder, 'spec.yaml'));
    if (!parsed.ok) throw new Error(parsed.diagnostics[0]!.message);
    const { cells, seeds, report } = parsed.sweep;
    await furnish(
      folder,
      cells.map(({ configuration }) => configuration),
    );
    const ended = await execute(text, { folder }).catch((error: unknown) => error);
    // Fresh networks and large steps may leave what a float32 holds: that is told, and nothing else may go wrong.
    if (ended instanceof Failure && ended.kind === 'nan') return;
    if (ended instanceof Error) throw ended;
    const { runs } = ended as Awaited<ReturnType<typeof execute>>;
    expect(runs).toHaveLength(cells.length * seeds.length);
    for (const { result } of runs) {
      const { metrics, target, phases, rounds } = result;
      expect(numbersIn([metrics, target, phases, rounds]).filter(number => !Number.isFinite(number))).toEqual(
        [],
      );
    }
    const outcomes = cells.map(({ id, values }) => {
      const results = runs.filter(({ result }) => result.cell === id).map(({ result }) => result);
      return { id, values, planned: seeds.length, results, failed: [] };
    });
    const results = collectResults('drawn', outcomes, {
      version: '0',
      finishedAt: new Date(0).toISOString(),
    });
    expect(isContract(JSON.parse(JSON.stringify(results))), JSON.stringify(isContract.errors)).toBe(true);
    for (const metric of metricsOf(results))
      expect(renderTerminal(layOut(results, metric, report), { width: 80, colour: false })).toContain(metric);
  });
});

/** The paths of all settings in a value, those of phases by the names of the spec's. */
function pathsIn(value: unknown, path: string): string[] {
  if (!isMapping(value)) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, path === '' ? key : `${path}.${key}`)),
  ];
}

describe('what is drawn', () => {
  const texts = fc.sample(specTexts, { seed: 1, numRuns: 300 });

  test('has every setting of the schema', () => {
    const seen = new Set(texts.flatMap(text => pathsIn(parse(text), '')));
    // Each test has a sweep of its own to take a target from, and no device to choose.
    expect(settingPaths.filter(path => !seen.has(path) && !isLeftOut(path))).toEqual([]);
  });

  test('is refused with diagnostics where it cannot work, each with its place', () => {
    for (const text of texts.slice(0, 100)) {
      const parsed = parseSpec(text, 'spec.yaml');
      if (parsed.ok) continue;
      expect(parsed.diagnostics.length).toBeGreaterThan(0);
      for (const { message, range } of parsed.diagnostics) {
        expect(message).toMatch(/^(Expected|Missing|Unknown|`)/);
        expect(range.line).toBeGreaterThan(0);
      }
    }
  });
});
