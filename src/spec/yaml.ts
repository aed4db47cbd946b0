import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import type { Diagnostic, DiagnosticCode, Location, Range } from './diagnostic.ts';
import { below, type Mapping, type Pointer } from './pointer.ts';
import { slipAt } from './syntax.ts';
import { quote } from './text.ts';

/** A spec is written by hand; the largest useful ones are a few kilobytes. Bounds the time that parsing takes. */
export const MAX_SPEC_BYTES = 256 * 1024;

/** Far more than any spec holds. Aliases of aliases grow exponentially; this is counted after expanding them. */
export const MAX_VALUES = 50_000;

/** The schema is six levels deep. Bounds recursion, also that of an alias inside its own anchor. */
export const MAX_DEPTH = 32;

/** Where a value stands, and its key when it is in a mapping. */
export interface Place {
  key?: Location;
  value: Location;
}

/** Plain data with the place of every value in it. */
export interface SpecDocument {
  data: unknown;
  places: ReadonlyMap<Pointer, Place>;
}

/** The document is there unless the text is no YAML or exceeds a limit. */
export interface YamlResult {
  document?: SpecDocument;
  diagnostics: Diagnostic[];
}

/** Reads one YAML 1.2 document: with all its duplicate and odd keys, or the first syntax error. */
export function readYaml(text: string, file: string): YamlResult {
  const lineCounter = new LineCounter();
  const rangeOf = (start: number, end: number): Range => {
    const from = lineCounter.linePos(start);
    const to = lineCounter.linePos(Math.max(start, end));
    // Before the first line break is seen the counter answers line 0.
    return {
      line: Math.max(1, from.line),
      column: Math.max(1, from.col),
      endLine: Math.max(1, to.line),
      endColumn: Math.max(1, to.col),
    };
  };
  const failed = (code: DiagnosticCode, message: string, range: Range, hint?: string): Diagnostic => ({
    code,
    message,
    file,
    range,
    ...(hint === undefined ? {} : { hint }),
  });

  try {
    // Keys are checked for uniqueness below, in linear time.
    const parsed = parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      uniqueKeys: false,
      version: '1.2',
    });
    const syntax = parsed.errors[0] ?? parsed.warnings[0];
    if (syntax !== undefined) {
      // What is missing at the end is shown at the end of the last line, not on the empty one after it.
      const last = text.trimEnd().length;
      const range = rangeOf(Math.min(syntax.pos[0], last), Math.min(syntax.pos[1], last + 1));
      if (syntax.code === 'RESOURCE_EXHAUSTION')
        return { diagnostics: [failed('too-deep', TOO_DEEP, range)] };
      const known = MESSAGES[syntax.code];
      if (known !== undefined)
        return { diagnostics: [failed('yaml-syntax', known, range, HINTS[syntax.code])] };
      const { message, hint, start, end } = slipAt(
        text,
        Math.min(syntax.pos[0], last),
        syntax.code,
        syntax.message,
      );
      const place = start === undefined || end === undefined ? range : rangeOf(start, end);
      return { diagnostics: [failed('yaml-syntax', message, place, hint)] };
    }
    const { diagnostics, ...document } = locate(parsed.contents, text, file, rangeOf);
    return { document, diagnostics };
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    return { diagnostics: [failed(error.code, error.message, error.range)] };
  }
}

const TOO_DEEP = `Expected values nested at most ${MAX_DEPTH} deep, got more`;

/** In place of the parser's messages that speak to programmers. */
const MESSAGES: Record<string, string> = {
  MULTIPLE_DOCS: 'Expected one document, got several',
  TAB_AS_INDENT: 'Expected spaces before a key, got a tab',
  TAG_RESOLVE_FAILED: 'Expected a plain value, got a tag',
};

const HINTS: Record<string, string> = {
  TAB_AS_INDENT: 'indent with spaces',
  MULTIPLE_DOCS: 'put each spec into a file of its own',
  TAG_RESOLVE_FAILED: 'write the value without `!`; a text that starts with it goes in quotes',
};

class LimitError extends Error {
  readonly code: DiagnosticCode;
  readonly range: Range;

  constructor(code: DiagnosticCode, message: string, range: Range) {
    super(message);
    this.code = code;
    this.range = range;
  }
}

function locate(
  root: Node | null,
  text: string,
  file: string,
  rangeOf: (start: number, end: number) => Range,
) {
  const places = new Map<Pointer, Place>();
  const diagnostics: Diagnostic[] = [];
  const anchored = anchorsOf(root);
  let values = 0;

  const rangeOfNode = (node: Node | null | undefined): Range => {
    const [start, end] = node?.range ?? [0, 0];
    let last = end;
    while (last > start && /\s/.test(text[last - 1]!)) last--;
    return rangeOf(start, last);
  };

  /** The data of a node; `alias` is the outermost alias that led to it. */
  function read(
    node: Node | null | undefined,
    pointer: Pointer,
    key: Range | undefined,
    depth: number,
    alias?: Alias,
  ): unknown {
    const range = node?.range ? rangeOfNode(node) : (key ?? rangeOf(0, 0));
    const value = { file, range };
    const place = key === undefined ? { value } : { key: { file, range: key }, value };
    places.set(pointer, place);
    if (++values > MAX_VALUES) {
      const inAll = `Expected at most ${MAX_VALUES.toLocaleString('en-US')} values`;
      if (alias)
        throw new LimitError(
          'alias-bomb',
          `${inAll} once aliases are expanded, got more`,
          rangeOfNode(alias),
        );
      throw new LimitError('file-too-large', `${inAll} in a spec, got more`, range);
    }
    if (depth > MAX_DEPTH) {
      throw new LimitError('too-deep', TOO_DEEP, rangeOfNode(alias ?? node));
    }
    if (isAlias(node)) {
      const target = anchored.get(node);
      if (target !== undefined) {
        const data = read(target, pointer, key, depth + 1, alias ?? node);
        places.set(pointer, place);
        return data;
      }
      diagnostics.push({
        code: 'yaml-syntax',
        message: `Expected an anchor before its alias, got ${quote(`*${node.source}`)}`,
        ...value,
      });
      return null;
    }
    if (isSeq(node))
      return node.items.map((item, i) => read(item as Node, below(pointer, i), undefined, depth + 1, alias));
    if (!isMap(node)) return isScalar(node) ? node.value : null;

    const mapping: Mapping = Object.create(null);
    for (const pair of node.items) {
      const keyRange = rangeOfNode(pair.key as Node);
      if (!isScalar(pair.key)) {
        diagnostics.push({
          code: 'key-not-text',
          message: 'Expected a key to be text',
          file,
          range: keyRange,
        });
        continue;
      }
      const name = keyText(pair.key);
      const inner = below(pointer, name);
      if (Object.hasOwn(mapping, name)) {
        const first = places.get(inner)?.key?.range.line;
        diagnostics.push({
          code: 'duplicate-key',
          message: `Duplicate key ${quote(name)}`,
          file,
          range: keyRange,
          ...(first === undefined ? {} : { hint: `it is already on line ${first}` }),
        });
        continue;
      }
      mapping[name] = read(pair.value as Node | null, inner, keyRange, depth + 1, alias);
    }
    return mapping;
  }

  const data = read(root, '', undefined, 0);
  return { data, places, diagnostics };
}

const keyText = (key: Scalar): string =>
  typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));

/** What each alias stands for: the last node before it with its anchor. One pass, where the library searches each time. */
function anchorsOf(root: Node | null): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(root, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}
