import { type Diagnostic, type Location, tidy } from './diagnostic.ts';
import { diagnosticOf, locator } from './locate.ts';
import { isMapping, type Mapping } from './pointer.ts';
import { networkSchema, withDefaults } from './schema.ts';
import { check } from './validate.ts';
import { readYaml } from './yaml.ts';

/** A description of a network as schema/network.schema.json has it. */
export interface NetworkText {
  readonly name: string;
  readonly layers: readonly Mapping[];
  /** Where a key of a layer is written, or the layer that lacks it. */
  locate(layer: number, key: string): Location;
}

/** Reads and checks the text of a network's description, YAML or JSON. All that is wrong is reported at once. */
export function parseNetwork(text: string, file: string): NetworkText | readonly Diagnostic[] {
  const { document, diagnostics } = readYaml(text, file);
  if (document === undefined) return diagnostics;
  const { data, places } = document;
  const locate = locator(places, file);
  if (!isMapping(data)) {
    const message = 'Expected a mapping with `name` and `layers`';
    return tidy([...diagnostics, { code: 'wrong-value', message, ...locate('', 'value') }]);
  }
  const checked = check('network', data);
  const problems = checked.ok ? [] : checked.problems.map(problem => diagnosticOf(problem, locate));
  if (!checked.ok || diagnostics.length > 0) return tidy([...diagnostics, ...problems]);
  const { name, layers } = withDefaults(networkSchema, checked.value) as { name: string; layers: Mapping[] };
  return { name, layers, locate: (layer, key) => locate(`/layers/${layer}/${key}`, 'value') };
}
