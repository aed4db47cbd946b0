/** How a graph is written for the provider that runs it. */
export interface Dialect {
  /**
   * A GPU wants few large kernels and no way back to the CPU in between: no loops, whose count and condition live there,
   * and no operation that its providers lack.
   */
  readonly device: 'cpu' | 'gpu';
  /** How many channels the convolutions' blocks hold (`blocks.ts`); 1: there are no blocks. */
  readonly block: number;
  /** The most tensors that one node joins. */
  readonly joined: number;
}

/** The CPU's: its convolution kernels work on blocks of this many channels. */
export const cpuDialect = (block: number): Dialect => ({
  device: 'cpu',
  block,
  joined: Number.POSITIVE_INFINITY,
});

/** The GPUs': a shader of WebGPU is sure of eight buffers, one of which is the result. */
export const gpuDialect: Dialect = { device: 'gpu', block: 1, joined: 7 };
