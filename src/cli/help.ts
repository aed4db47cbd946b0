export const helpText = `Usage: nern-sweep [options] SPEC...            run what the specs imply and is not complete yet
       nern-sweep plan [options] SPEC...       say what would run, why, and what it would cost; run nothing
       nern-sweep validate [options] SPEC...   check the specs, run nothing
       nern-sweep export RUN [--to FOLDER]     a finished run's predictor and reconstructed network, as files
       nern-sweep reconstruct FILE.nern --with ORIGINAL [--to FOLDER]   the network of an exported predictor
       nern-sweep gc [--out FOLDER] [--delete] list, or remove, what no sweep there needs any more
       nern-sweep data NAME [--from FILE|FOLDER]   bring a data set to the data root: cifar10 cifar100 stl10 cifar10-c
                                               cifar100-c imagenet-r imagenet
       nern-sweep doctor [--json] [--device X] test and time everything that could compute
       nern-sweep setup tensorflow --from SOURCE [--headers SOURCE]   link TensorFlow.js to a TensorFlow
       nern-sweep setup cuda [--from SOURCE]                          install ONNX Runtime's CUDA provider

Options:
  --out FOLDER         where results go (default: runs)
  --set PATH=VALUE     override a value of the spec, e.g. --set iterations=1000; repeatable
  --repeats N          seeds 0 to N-1 instead of the spec's
  -j, --jobs N         stages at a time (default: as many as there are cores, or GPUs where those compute)
  --threads N          threads of each stage (default: its share of the cores)
  --device NAME        what computes: auto (default: the fastest that proves right), cpu, webgpu, cuda, or one of
                       onnx:cpu onnx:webgpu onnx:cuda tfjs:node tfjs:node-gpu tfjs:webgpu tfjs:wasm tfjs:cpu;
                       cuda:1 is the second device of several
  --only PATTERN       execute only the runs whose name matches: a glob, or a part of the name
  --with FILE          the original's weights, of which a reconstructed network keeps all but the convolutions
  --to FOLDER          where an exported or reconstructed network goes
  --from SOURCE        of data and setup: what is there already, to be taken instead of fetched
  --headers SOURCE     of setup tensorflow: where C headers come from if --from has none
  --explain RUN        of plan: each stage of one run, and which changes since the last call make it run again
  --calibrate          of plan: time the steps of every kind of phase first, a few seconds each
  --delete             of gc: remove; without it nothing is touched
  --json               print the results as JSON on stdout, one line for each spec, and nothing else there
  -q, --quiet          no progress and no tables, only failures
  -v, --verbose        also evaluations on the way and what was complete before
  -h, --help           this text
  --version            the version

Exit codes: 0 all runs complete, 1 some run failed, 2 the spec or the call is wrong,
3 the environment lacks something, 130 interrupted (finished runs are kept).
`;
