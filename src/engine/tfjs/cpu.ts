import { cpus } from 'node:os';
import { type Backend, libraryFailure, loadPackage } from './backend.ts';

/** Plain JavaScript: on any machine, and hundreds of times slower than the others. */
export async function openCpu(): Promise<Backend> {
  const { version_cpu } = await loadPackage(
    '@tensorflow/tfjs-backend-cpu',
    () => import('@tensorflow/tfjs-backend-cpu'),
  );
  const { setBackend } = await import('@tensorflow/tfjs-core');
  await setBackend('cpu');
  return {
    registeredAs: 'cpu',
    versions: { '@tensorflow/tfjs-backend-cpu': version_cpu },
    threads: 1,
    device: { name: cpus()[0]?.model ?? process.arch, kind: 'cpu' },
    imagesAtOnce: 32,
    strengths: new Set(['transposed factors', 'input gradients', 'filter gradients']),
    failure: libraryFailure,
    dispose: async () => {},
  };
}
