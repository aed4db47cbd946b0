import { distance } from 'fastest-levenshtein';

/**
 * The candidate that the word was probably meant to be, or whose last part it is (of several the one that is least deep);
 * undefined when none is near.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 100) return undefined;
  const suffixed = candidates.filter(candidate => candidate.endsWith(`.${word}`));
  const depth = (candidate: string) => candidate.split('.').length;
  const least = Math.min(...suffixed.map(depth));
  const [first, ...others] = suffixed.filter(candidate => depth(candidate) === least);
  if (first !== undefined && others.length === 0) return first;
  const plain = (text: string) => text.toLowerCase().replace(/[-_ ]/g, '');
  const scored = candidates.map(candidate => ({ candidate, far: distance(plain(word), plain(candidate)) }));
  const best = scored.reduce((a, b) => (b.far < a.far ? b : a), {
    candidate: '',
    far: Number.POSITIVE_INFINITY,
  });
  return best.far <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** The hint that names the nearest candidate; nothing when none is near. */
export function didYouMean(word: string, candidates: readonly string[]): { hint?: string } {
  const found = nearest(word, candidates);
  return found === undefined ? {} : { hint: `did you mean \`${found}\`?` };
}
