// Draws the loss and the accuracy of one run over the iterations of its last phase: `npx tsx tools/plot-learning-curve.ts RESULT OUT`,
// from the run's result.json to an SVG.
import { readFileSync, writeFileSync } from 'node:fs';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { RunResult } from '../src/contract/result.ts';

const [source, target] = process.argv.slice(2) as [string, string];
const { phases, target: original }: RunResult = JSON.parse(readFileSync(source, 'utf8'));
const { history, evaluations } = phases.at(-1)!;
const iteration = { field: 'iteration', type: 'quantitative', title: 'iteration' } as const;

const spec: TopLevelSpec = {
  background: 'white',
  vconcat: [
    {
      width: 560,
      height: 180,
      title: 'Reconstruction loss (root mean square; while it acts alone, over the sampled kernels)',
      data: { values: history },
      mark: { type: 'line', color: '#1f5fa8' },
      encoding: {
        x: iteration,
        y: { field: 'reconstruction', type: 'quantitative', title: 'loss', scale: { zero: false } },
      },
    },
    {
      width: 560,
      height: 180,
      title: `Test accuracy of the reconstructed network (dashed: the original, ${original.accuracy?.toFixed(2)} %)`,
      layer: [
        {
          data: { values: evaluations.map(({ iteration, metrics }) => ({ iteration, ...metrics })) },
          mark: { type: 'line', color: '#1f5fa8', point: { color: '#1f5fa8' } },
          encoding: { x: iteration, y: { field: 'accuracy', type: 'quantitative', title: 'accuracy (%)' } },
        },
        {
          data: { values: [original] },
          mark: { type: 'rule', strokeDash: [4, 4] },
          encoding: { y: { field: 'accuracy', type: 'quantitative' } },
        },
      ],
    },
  ],
};

const view = new View(parse(compile(spec).spec), { renderer: 'none' });
writeFileSync(target, `${await view.toSVG()}\n`);
