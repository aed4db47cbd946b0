import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineName, enginesThatDrive } from '../catalogue/engines.ts';

/** What of the machine's GPU drivers can be told from a few files. */
export interface Drivers {
  /** A driver of NVIDIA, with its version where the system tells it. */
  readonly nvidia: string | undefined;
  /** What says that Vulkan, Metal or Direct3D 12 may find a GPU: the drivers' files, or the system's name. */
  readonly graphics: readonly string[];
}

/** The engines that could be faster than the CPU's on a machine with these drivers; few milliseconds, no library loaded. */
export function gpuCandidates({ nvidia, graphics }: Drivers): EngineName[] {
  return [
    ...(nvidia === undefined ? [] : enginesThatDrive('cuda')),
    ...(graphics.length === 0 ? [] : enginesThatDrive('webgpu')),
  ];
}

/** Where Vulkan's loader looks for drivers (its specification, "Driver Discovery on Linux"). */
const vulkanFolders = [
  '/etc/vulkan/icd.d',
  '/usr/local/etc/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  '/usr/share/vulkan/icd.d',
];

/** What is found on this machine. */
export function findDrivers(): Drivers {
  return { nvidia: nvidiaDriver(), graphics: graphicsDrivers() };
}

function nvidiaDriver(): string | undefined {
  if (process.platform === 'win32') {
    const root = process.env.SystemRoot ?? 'C:\\Windows';
    return existsSync(join(root, 'System32', 'nvcuda.dll')) ? 'installed' : undefined;
  }
  // Windows' own Linux has the driver, but not this file.
  if (existsSync('/usr/lib/wsl/lib/libcuda.so.1')) return 'WSL';
  try {
    const [line = ''] = readFileSync('/proc/driver/nvidia/version', 'utf8').split('\n');
    return line.trim();
  } catch {
    return existsSync('/dev/nvidiactl') ? 'installed' : undefined;
  }
}

function graphicsDrivers(): string[] {
  // Metal and Direct3D 12 are always there; what they find shows when they are asked.
  if (process.platform !== 'linux') return [process.platform];
  const named = (process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES)?.split(':');
  return named?.filter(file => existsSync(file)) ?? vulkanFolders.flatMap(manifests);
}

function manifests(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(name => name.endsWith('.json'))
      .map(name => join(folder, name));
  } catch {
    return [];
  }
}
