/** A table of numbers as an image of so many pixels; where there is no number there is no pixel. */
export interface Panel {
  readonly title: string;
  readonly rows: readonly (readonly number[])[];
}

/** Panels side by side that share one scale of grey, from black, their lowest number, to white, their highest. */
export interface Strip {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const side = 160;
const gap = 16;
const titleHeight = 22;
const levels = 64;

/** Strips one below the other, as SVG. */
export function drawStrips(strips: readonly Strip[]): string {
  const columns = Math.max(1, ...strips.map(({ panels }) => panels.length));
  const width = gap + columns * (side + gap);
  const stripHeight = 2 * titleHeight + side + gap;
  const height = gap + strips.length * stripHeight;
  const drawn = strips.map((strip, i) => drawStrip(strip, gap + i * stripHeight));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#f4f1ea"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

function drawStrip({ title, panels }: Strip, top: number): string {
  const numbers = panels.flatMap(({ rows }) => rows.flat()).filter(Number.isFinite);
  const [lowest, highest] = numbers.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const scale = numbers.length === 0 ? '' : `, ${lowest.toPrecision(3)} to ${highest.toPrecision(3)}`;
  const levelOf = (value: number) =>
    highest === lowest ? 0 : Math.round(((levels - 1) * (value - lowest)) / (highest - lowest));
  const drawn = panels.map((panel, i) => {
    const left = gap + i * (side + gap);
    return [
      text(left, top + titleHeight + 12, panel.title),
      drawPanel(panel, levelOf, left, top + 2 * titleHeight),
    ].join('\n');
  });
  return [text(gap, top + 12, `${title}${scale}`, ' font-weight="bold"'), ...drawn].join('\n');
}

/** One path for each level of grey: a picture of thousands of pixels stays small. */
function drawPanel({ rows }: Panel, levelOf: (value: number) => number, x: number, y: number): string {
  const paths = new Map<number, string>();
  rows.forEach((row, j) => {
    row.forEach((value, i) => {
      if (!Number.isFinite(value)) return;
      const level = levelOf(value);
      paths.set(level, `${paths.get(level) ?? ''}M${i} ${j}.5h1`);
    });
  });
  const box = `viewBox="0 0 ${rows[0]?.length ?? 0} ${rows.length}" preserveAspectRatio="xMinYMin"`;
  const frame = `x="${x}" y="${y}" width="${side}" height="${side}" shape-rendering="crispEdges"`;
  const drawn = [...paths].sort(([a], [b]) => a - b);
  return [
    `<svg ${frame} ${box}>`,
    ...drawn.map(([level, moves]) => `<path stroke="${grey(level)}" d="${moves}"/>`),
    '</svg>',
  ].join('\n');
}

function grey(level: number): string {
  const part = Math.round((255 * level) / (levels - 1))
    .toString(16)
    .padStart(2, '0');
  return `#${part}${part}${part}`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
  return `<text x="${x}" y="${y}"${attributes}>${escaped}</text>`;
}
