import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

export interface BuiltPage {
  /** The page's one script, as it is shipped. */
  readonly script: string;
  /** Bytes, minified. */
  readonly bytes: number;
  readonly inputs: Metafile['inputs'];
}

/** Builds `webview/<name>/main.ts` as `esbuild.js --production` does. Run from the repository's root. */
export async function buildPage(name: string): Promise<BuiltPage> {
  const root = process.cwd();
  const result = await build({
    absWorkingDir: root,
    alias: JSON.parse(readFileSync(join(root, 'scripts', 'pageAliases.json'), 'utf8')) as Record<string, string>,
    bundle: true,
    charset: 'utf8',
    define: { 'process.env.NODE_ENV': '"production"' },
    entryPoints: [join('webview', name, 'main.ts')],
    format: 'iife',
    legalComments: 'none',
    loader: { '.svg': 'text' },
    logLevel: 'silent',
    metafile: true,
    minify: true,
    outfile: join(root, 'out', `${name}.js`),
    platform: 'browser',
    target: 'es2022',
    write: false,
  });
  const output = result.outputFiles[0];
  return { script: output.text, bytes: output.contents.byteLength, inputs: result.metafile.inputs };
}
