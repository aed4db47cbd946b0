import { Failure } from '../failure.ts';
import type { Tensor } from '../graph/tensor.ts';

/** What of a name is changed, as a regular expression, and to what; without `to` the tensor is left out. */
export interface Renaming {
  readonly from: string;
  readonly to?: string;
}

/** So many names show what the file calls its tensors. */
const shown = 3;

/**
 * The tensors of a file under other names, by each renaming after the other. Throws a Failure of kind 'checkpoint' where one
 * of them fits no name, or makes one name of two; `setting` is where a spec names the network.
 */
export function renameTensors(
  tensors: ReadonlyMap<string, Tensor>,
  renamings: readonly Renaming[],
  file: string,
  setting = 'target',
): ReadonlyMap<string, Tensor> {
  let named = tensors;
  for (const [i, { from, to }] of renamings.entries()) {
    const place = `${setting}.rename[${i}].from`;
    // Once to ask for each name, once to change all places in it: a global expression remembers where it was.
    const [pattern, everywhere] = [new RegExp(from, 'u'), new RegExp(from, 'gu')];
    const entries = [...named];
    const fits = ([name]: readonly [string, Tensor]) => pattern.test(name);
    if (!entries.some(fits)) {
      const names = [...named.keys()].slice(0, shown).join(', ');
      throw wrong(place, `to fit a name in ${file}, got \`${from}\`, which fits none of ${names}, ...`);
    }
    const changed =
      to === undefined
        ? entries.filter(entry => !fits(entry))
        : entries.map(([name, tensor]) => [name.replace(everywhere, to), tensor] as const);
    named = new Map(changed);
    if (named.size < changed.length)
      throw wrong(place, `to keep the names in ${file} apart, got \`${from}\`, which makes one of two`);
  }
  return named;
}

const wrong = (place: string, expected: string) =>
  new Failure(
    'checkpoint',
    `Expected \`${place}\` ${expected}`,
    'Renamings are applied one after the other, each to the names that the one before it made.',
  );
