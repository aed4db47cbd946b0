import { describe, expect, it } from 'vitest';
import { replaceMarked } from '../../bench/gpu/marked.ts';

const text = 'before\n\n<!-- gpu:begin -->\n\nold\n\n<!-- gpu:end -->\n\nafter\n';

describe('replaceMarked', () => {
  it('replaces what stands between the marks, and nothing else', () => {
    expect(replaceMarked(text, 'gpu', 'new')).toBe(text.replace('old', 'new'));
  });

  it('can be done again', () => {
    const once = replaceMarked(text, 'gpu', '| a |\n|---|\n| $& $1 |');
    expect(replaceMarked(once, 'gpu', '| a |\n|---|\n| $& $1 |')).toBe(once);
    expect(once).toContain('| $& $1 |');
  });

  it('says which marks it missed', () => {
    const expected = 'Expected a line `<!-- gpu:begin -->` and, after it, a line `<!-- gpu:end -->`';
    expect(() => replaceMarked('before\n', 'gpu', 'new')).toThrow(expected);
    expect(() => replaceMarked('<!-- gpu:end -->\n<!-- gpu:begin -->\n', 'gpu', 'new')).toThrow(expected);
  });
});
