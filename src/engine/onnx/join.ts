import type { Context } from './context.ts';

/** Tensors one behind the other along an axis, no more at once than the provider's `joined`. */
export function join(parts: readonly string[], axis: number, context: Context): string {
  const { emit, dialect } = context;
  if (parts.length === 1) return parts[0]!;
  if (parts.length <= dialect.joined) return emit('Concat', parts, { axis });
  const groups = Array.from({ length: Math.ceil(parts.length / dialect.joined) }, (_, i) =>
    parts.slice(i * dialect.joined, (i + 1) * dialect.joined),
  );
  return join(
    groups.map(group => join(group, axis, context)),
    axis,
    context,
  );
}
