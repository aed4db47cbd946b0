/** A TensorFlow's libraries and the header that proves that there are headers, below a prefix. */
export const tensorFlowAt = (prefix: string, headers = `${prefix}include/`) => ({
  [`${prefix}libtensorflow_cc.so.2`]: '',
  [`${prefix}libtensorflow_framework.so.2`]: '',
  [`${headers}tensorflow/c/eager/c_api.h`]: '',
});
