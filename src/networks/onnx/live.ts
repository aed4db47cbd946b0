import type { OnnxGraph, OnnxNode } from '../../weights/onnx.ts';

/** The nodes that the outputs depend on, in the order of the file; what others do is of no concern. */
export function liveNodes({ nodes, outputs }: OnnxGraph): OnnxNode[] {
  const makers = new Map(nodes.flatMap(node => node.outputs.map(name => [name, node] as const)));
  const live = new Set<OnnxNode>();
  const wanted = [...outputs];
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const node = name === '' ? undefined : makers.get(name);
    if (!node || live.has(node)) continue;
    live.add(node);
    wanted.push(...node.inputs);
  }
  return nodes.filter(node => live.has(node));
}
