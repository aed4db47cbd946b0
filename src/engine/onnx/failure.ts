import type { EngineName } from '../../catalogue/engines.ts';
import { Failure } from '../../failure.ts';

/** The CPU's allocator and arena, CUDA and its libraries, and Dawn (whose buffers that got no memory are invalid). */
const memory =
  /bad_alloc|out[ _]of[ _](device[ _]|host[ _])?memory|failed to allocate|smaller than requested bytes|STATUS_ALLOC_FAILED|\[Invalid Buffer|too many storage buffers in shader/i;

/** Dawn, Vulkan, and what CUDA says when the GPU hangs, falls off the bus or is taken away. */
const loss =
  /device (was |is )?lost|DEVICE_LOST|CUDA (failure|error) (46|100|101|214|304|700|702|708|709|719|999)\b|no CUDA-capable device|GPU (is lost|has fallen off)/i;

/** What ONNX Runtime throws while `engine` works on `program`, for people. */
export function engineFailure(engine: EngineName, program: string, error: unknown): Failure {
  const reason = reasonOf(error);
  if (memory.test(reason)) {
    return new Failure(
      'out-of-memory',
      `Expected \`${engine}\` to have memory for the program \`${program}\`, got: ${reason}`,
      'Use a smaller `batch`, or fewer runs side by side (`--jobs`).',
    );
  }
  if (loss.test(reason)) {
    return new Failure(
      'engine',
      `The GPU of \`${engine}\` was lost during the program \`${program}\`: ${reason}`,
      'See the kernel log for what became of it; the run goes on from its checkpoint when it is started again.',
    );
  }
  return new Failure('engine', `\`${engine}\` failed in the program \`${program}\`: ${reason}`);
}

/** What an error says: ONNX Runtime puts what matters on the first line, CUDA at the end of it. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const cuda = /CU(DA|BLAS|DNN) (failure|error) [^;]*/.exec(message)?.[0];
  return (cuda ?? message).trim();
}
