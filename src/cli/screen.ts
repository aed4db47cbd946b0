import type { WriteStream } from 'node:tty';

/** The width that text is laid out for where there is no terminal to ask. */
const defaultWidth = 100;

/** Whether lines on it can be drawn anew: a terminal that moves its cursor, as one that calls itself dumb does not. */
export function mayRedraw(stream: WriteStream): boolean {
  return stream.isTTY === true && process.env.TERM !== 'dumb';
}

/** Colours are for terminals, and for those who did not ask to be spared (https://no-color.org). */
export function mayColour(stream: WriteStream): boolean {
  const { NO_COLOR } = process.env;
  return mayRedraw(stream) && (NO_COLOR === undefined || NO_COLOR === '');
}

/** The width of the terminal in characters. */
export function widthOf(stream: WriteStream): number {
  return stream.isTTY && stream.columns > 0 ? stream.columns : defaultWidth;
}

/** A duration as `1h02m`, `3m05s` or `12s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  if (hours > 0) return `${hours}h${two(minutes)}m`;
  return minutes > 0 ? `${minutes}m${two(whole % 60)}s` : `${whole}s`;
}

/** A step's time with two or three digits. */
export function formatStep(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0)} ms/step`;
}

/** A loss with three digits, whatever its size. */
export function formatLoss(loss: number): string {
  return loss !== 0 && Math.abs(loss) < 0.01 ? loss.toExponential(2) : loss.toPrecision(3);
}

/** A size in memory or on disk: `312 B`, `286 KiB`, `22.9 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.ceil(bytes)} B`;
  const [value, unit] =
    bytes < 1024 ** 2
      ? [bytes / 1024, 'KiB']
      : bytes < 1024 ** 3
        ? [bytes / 1024 ** 2, 'MiB']
        : [bytes / 1024 ** 3, 'GiB'];
  return `${value < 100 ? value.toPrecision(3) : value.toFixed(0)} ${unit}`;
}

/** A number of floating-point operations: `41.2 MFLOP`. */
export function formatWork(operations: number): string {
  const [value, unit] = operations < 1e9 ? [operations / 1e6, 'MFLOP'] : [operations / 1e9, 'GFLOP'];
  return `${value < 100 ? value.toPrecision(3) : value.toFixed(0)} ${unit}`;
}
