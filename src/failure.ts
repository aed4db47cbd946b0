/**
 * What went wrong, in the terms the runner acts on. The kind decides the exit code and whether a retry helps;
 * anything thrown that is not a Failure is a bug in this program.
 */
export type FailureKind =
  | 'spec' // the spec or the call is wrong
  | 'environment' // the machine lacks something: a file, a folder it may write, a device
  | 'checkpoint' // a weights file is missing, damaged, foreign or hostile
  | 'data' // a data set is missing or damaged
  | 'nan' // weights or a final measure stopped being finite numbers
  | 'engine' // the tensor engine refused or crashed
  | 'out-of-memory'
  | 'signal'; // the process was ended from outside

/** An error for people: one sentence that says where, what was expected, what was found; `hint` says how to mend it. */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(kind: FailureKind, message: string, hint?: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = 'Failure';
    this.kind = kind;
    this.hint = hint;
    this.details = details;
  }
}

export const isOutOfMemory = (error: unknown) => error instanceof Failure && error.kind === 'out-of-memory';
