import ort from 'onnxruntime-node';

/*
 * The library's own builds report what they run to their makers, with a number for the machine that they keep in its
 * home folder, and leave a log for each process among the temporary files, unless they are told not to before the first
 * session.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';

export default ort;
