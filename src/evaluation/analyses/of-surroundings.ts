import { firstOf } from '../../data/image-set.ts';
import { interpolate, positions } from '../../measures/interpolation.ts';
import { displace, randomDirection } from '../../measures/loss-landscape.ts';
import { reconstructionError } from '../../nern/predictor/reconstruct.ts';
import { createRandom } from '../../random.ts';
import { bothLayers, type Finding, looking, type Subject, strip } from './subject.ts';

/** Images of each split that the losses of a landscape are taken over: it takes hundreds of passes. */
const landscapeImages = 512;
/** Coordinates along both axes of a landscape, in lengths of the network's own filters. */
const landscapeAxis: readonly number[] = Array.from({ length: 11 }, (_, i) => (i - 5) / 5);

/** Accuracy and loss on the line from the original network through the reconstructed one. */
export async function interpolation(subject: Subject): Promise<Finding> {
  const { rows } = subject.representation.kernels;
  const predicted = await subject.predict(subject.parameters);
  const look = looking(subject, await subject.images('test'));
  const points = [];
  for (const t of positions) {
    const kernels = interpolate(rows.data, predicted, t);
    const distance = reconstructionError(kernels, subject.representation.kernels);
    points.push({ t, distance, ...(await look(kernels)) });
  }
  return { document: { points } };
}

/** Loss and accuracy around the reconstructed network, in two random directions, the same for every run of a target. */
export async function lossLandscape(subject: Subject): Promise<Finding> {
  const { reconstructed, kernelsFrom } = await bothLayers(subject);
  const directions = ['first', 'second'].map(stream =>
    kernelsFrom(randomDirection(reconstructed, createRandom(0, `landscape ${stream}`))),
  ) as [Float32Array, Float32Array];
  const centre = kernelsFrom(reconstructed);
  const surface = async (split: 'train' | 'test') => {
    const { images, normalization } = await subject.images(split);
    const sample = { images: firstOf(images, landscapeImages), normalization };
    const look = looking(subject, sample);
    const grid = [];
    for (const a of landscapeAxis) {
      const row = [];
      for (const b of landscapeAxis) row.push(await look(displace(centre, directions, [a, b])));
      grid.push(row);
    }
    return {
      images: sample.images.count,
      loss: grid.map(row => row.map(({ loss }) => loss)),
      accuracy: grid.map(row => row.map(place => place.accuracy)),
    };
  };
  const [train, test] = [await surface('train'), await surface('test')];
  return {
    document: { axis: landscapeAxis, train, test },
    picture: [
      // Losses rise by orders of magnitude towards the corners.
      strip('log10 of the loss (nat)', { train: logarithms(train.loss), test: logarithms(test.loss) }),
      strip('accuracy (%)', { train: train.accuracy, test: test.accuracy }),
    ],
  };
}

const logarithms = (rows: readonly (readonly number[])[]) => rows.map(row => row.map(Math.log10));
