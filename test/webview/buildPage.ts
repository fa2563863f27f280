import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

export interface BuiltPage {
  /** The page's one script, as it is shipped. */
  readonly script: string;
  /** Bytes, minified. */
  readonly bytes: number;
  readonly inputs: Metafile['inputs'];
}

/** What `scripts/pageBuild.js` exports. */
interface PageBuild {
  readonly pageAliases: Record<string, string>;
  readonly squeezeTemplates: (script: string) => string;
}

/** Builds `webview/<name>/main.ts` as `esbuild.js --production` does. Run from the repository's root. */
export async function buildPage(name: string): Promise<BuiltPage> {
  const root = process.cwd();
  const { pageAliases, squeezeTemplates } = createRequire(join(root, 'package.json'))(
    './scripts/pageBuild.js',
  ) as PageBuild;
  const result = await build({
    absWorkingDir: root,
    alias: pageAliases,
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
  const script = squeezeTemplates(output.text);
  return { script, bytes: Buffer.byteLength(script), inputs: result.metafile.inputs };
}
