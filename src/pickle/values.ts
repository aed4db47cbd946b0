/** What a pickle holds: Python's lists, tuples and sets are arrays, its dictionaries maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleCall
  | PicklePersistent;

/** A function or class by its name, never the thing itself. */
export interface PickleGlobal {
  readonly type: 'global';
  readonly name: string;
}

/** A call that Python would make; `state` is what it would then set on the result. */
export interface PickleCall {
  readonly type: 'call';
  readonly name: string;
  readonly args: readonly PickleValue[];
  state: PickleValue;
}

/** A reference to something outside the pickle. */
export interface PicklePersistent {
  readonly type: 'persistent';
  readonly id: PickleValue;
}

export function isGlobal(value: PickleValue | undefined): value is PickleGlobal {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'global';
}

export function isCall(value: PickleValue | undefined): value is PickleCall {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'call';
}

export function isPersistent(value: PickleValue | undefined): value is PicklePersistent {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'persistent';
}

/** A value in words, for messages. */
export function describe(value: PickleValue | undefined): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Map) return 'a dictionary';
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value === 'object' && value !== null) {
    return value.type === 'persistent' ? 'a storage' : `${value.type === 'call' ? 'a ' : ''}${value.name}`;
  }
  return `\`${String(value).slice(0, 40)}\``;
}
