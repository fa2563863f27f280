// Compiles the merge kernels (AssemblyScript) into the module that the program has built in. `--print`: to the standard
// output instead.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = 'src/core/merging/methods';

function compile() {
  const scratch = mkdtempSync(join(tmpdir(), 'merge-kernels-'));
  try {
    const target = join(scratch, 'kernels.wasm');
    const compiler = join(root, 'node_modules/assemblyscript/bin/asc.js');
    const options = [
      '--runtime',
      'stub',
      '--enable',
      'simd',
      '-O3',
      '--converge',
      '--noAssert',
      '--initialMemory',
      '1',
    ];
    execFileSync(process.execPath, [compiler, join(folder, 'mergeKernels.as.ts'), '-o', target, ...options], {
      cwd: root,
      stdio: 'inherit',
    });
    return readFileSync(target);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const lines = compile()
  .toString('base64')
  .match(/.{1,112}/g);
const text = `// mergeKernels.as.ts compiled, base64, by scripts/buildMergeKernels.mjs; a test says when it is out of date.
export const mergeKernelsModule =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(join(root, folder, 'mergeKernelsModule.ts'), text);
