import type { Executor } from './executor.ts';

/** Where jobs can be executed; each is loaded when it gets the first one. */
export const executors = {
  /** Each job in a process of its own on this machine. */
  local: async (...job) => (await import('./local.ts')).executeLocally(...job),
  /** All in this process, for a debugger. */
  debug: async (...job) => (await import('./debug.ts')).debugExecutor(...job),
} as const satisfies Record<string, Executor>;
