/* The names that a PyTorch file may hold: those that PyTorch's own safe loader (`weights_only`) takes. */

const kinds = ['BFloat16', 'Bool', 'Byte', 'Char', 'Double', 'Float', 'Half', 'Int', 'Long', 'Short'];
const complexKinds = ['ComplexDouble', 'ComplexFloat'];
const quantisedKinds = ['QInt32', 'QInt8', 'QUInt2x4', 'QUInt4x2', 'QUInt8'];

const wholes = [1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64].flatMap(bits => [`int${bits}`, `uint${bits}`]);
const eights = ['e4m3fn', 'e4m3fnuz', 'e5m2', 'e5m2fnuz', 'e8m0fnu'].map(form => `float8_${form}`);
const dtypes = [
  ...['bool', 'bfloat16', 'float16', 'float32', 'float64', 'float4_e2m1fn_x2', 'bcomplex32'],
  ...['complex32', 'complex64', 'complex128', 'qint8', 'quint8', 'qint32', 'quint4x2', 'quint2x4'],
  ...['bits8', 'bits16', 'bits1x8', 'bits2x4', 'bits4x2', ...wholes, ...eights],
];

const schemes = ['affine', 'symmetric'].flatMap(scheme => [`per_tensor_${scheme}`, `per_channel_${scheme}`]);

/** The functions that make a tensor of a storage, its offset, shape and strides. */
export const rebuildTensor: readonly string[] = [
  'torch._utils._rebuild_tensor',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_tensor_v3',
];

/** The functions whose first argument is the tensor itself. */
export const rebuildWrapped: readonly string[] = [
  'torch._utils._rebuild_parameter',
  'torch._utils._rebuild_parameter_with_state',
  'torch._utils._rebuild_device_tensor_from_cpu_tensor',
  'torch.nn.parameter.Parameter',
];

/** Makes a tensor of a subclass, or one with attributes, by one of the functions above: (function, class, arguments, state). */
export const rebuildFromType = 'torch._tensor._rebuild_from_type_v2';

export const rebuildQuantised = 'torch._utils._rebuild_qtensor';
export const rebuildSparse = 'torch._utils._rebuild_sparse_tensor';
export const rebuildMeta = 'torch._utils._rebuild_meta_tensor_no_storage';

/** Those of a tensor in the way of PyTorch before 0.4: its class, and its storage and view as state. */
export const tensorClasses: ReadonlySet<string> = new Set([
  'torch.Tensor',
  ...kinds.flatMap(kind => [`torch.${kind}Tensor`, `torch.cuda.${kind}Tensor`]),
]);

/** Numbers of no known format, as bytes; a tensor that is a view of them says its own format. */
export const untypedStorage = 'torch.storage.UntypedStorage';

/**
 * Every name that a state dict and what is usually saved beside it (epochs, schedulers, the best accuracy as a numpy number)
 * needs. The files of other programs name classes of their own: those are refused, not guessed at.
 */
export const torchGlobals: ReadonlySet<string> = new Set([
  ...['collections.OrderedDict', 'collections.Counter', '_codecs.encode'],
  ...['bytearray', 'set', 'complex'].map(name => `builtins.${name}`),
  ...['torch.Size', 'torch.device', 'torch.serialization._get_layout'],
  ...dtypes.map(dtype => `torch.${dtype}`),
  ...[...schemes, 'per_channel_affine_float_qparams'].map(scheme => `torch.${scheme}`),
  ...tensorClasses,
  ...kinds.flatMap(kind => [`torch.sparse.${kind}Tensor`, `torch.cuda.sparse.${kind}Tensor`]),
  ...[...kinds, ...complexKinds].flatMap(kind => [`torch.${kind}Storage`, `torch.cuda.${kind}Storage`]),
  ...quantisedKinds.map(kind => `torch.${kind}Storage`),
  ...[untypedStorage, 'torch.storage.TypedStorage'],
  ...[...rebuildTensor, ...rebuildWrapped, rebuildFromType, rebuildQuantised, rebuildSparse, rebuildMeta],
  ...['torch._utils._rebuild_device_tensor_from_numpy', 'torch._utils._rebuild_wrapper_subclass'],
  // Beyond that list: numbers of numpy.
  ...['numpy.core.multiarray.scalar', 'numpy._core.multiarray.scalar', 'numpy.dtype'],
]);
