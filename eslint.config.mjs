// The house rules that a machine can check. The layer table below is the one of ARCHITECTURE.md, as data.
import { builtinModules } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';

const root = dirname(fileURLToPath(import.meta.url));

/**
 * A folder is an environment. `layers`: which other layers it may import; `packages`: which packages, `node:*` standing
 * for every Node builtin with its prefix; `only`: packages that one file alone may import.
 */
const layers = {
  'src/core': {
    layers: [],
    packages: ['@huggingface/jinja', '@huggingface/tokenizers', 'jsonc-parser', 'yaml', 'zod'],
  },
  'src/protocol': { layers: ['src/core'], packages: ['vscode-jsonrpc'] },
  'src/engine': {
    layers: ['src/core'],
    packages: [
      '@huggingface/hub',
      'hyparquet',
      'hyparquet-compressors',
      'hyparquet-writer',
      'node:*',
      'onnxruntime-node',
    ],
  },
  'src/sidecar': { layers: ['src/core', 'src/protocol', 'src/engine'], packages: ['node:*', 'vscode-jsonrpc/node'] },
  'src/server': { layers: ['src/core', 'src/engine'], packages: ['node:*'] },
  'src/cli': { layers: ['src/core', 'src/engine', 'src/server'], packages: ['node:*'] },
  'src/extension': { layers: ['src/core', 'src/protocol'], packages: ['node:*', 'vscode', 'vscode-jsonrpc/node'] },
  webview: {
    layers: ['src/core', 'src/protocol'],
    packages: ['lit', 'vscode-jsonrpc'],
    only: {
      'webview/shared/icon.ts': ['@vscode/codicons'],
      'webview/shared/kit.ts': ['@vscode/webview-ui-toolkit'],
    },
  },
};

/** Names that say nothing about what is in the file. */
const emptyNames = ['utils', 'helpers', 'common', 'misc', 'types', 'index'];

const builtins = new Set(builtinModules);
const layerOf = (path) => Object.keys(layers).find((folder) => path.startsWith(`${folder}/`));

/** @returns {string | undefined} why the file may not import the specifier */
function refusal(file, specifier) {
  const folder = layerOf(file);
  const layer = layers[folder];
  if (specifier.startsWith('.') || specifier.startsWith('/')) {
    const target = relative(root, join(root, dirname(file), specifier))
      .split(sep)
      .join('/');
    const targetLayer = layerOf(target);
    if (targetLayer === folder || layer.layers.includes(targetLayer)) return undefined;
    return `${folder} may not import ${targetLayer ?? target}`;
  }
  if (builtins.has(specifier)) return `write node:${specifier}`;
  const only = Object.entries(layer.only ?? {}).find(([, names]) => names.some((name) => covers(name, specifier)));
  if (only) return only[0] === file ? undefined : `only ${only[0]} may import ${specifier}`;
  if (layer.packages.some((name) => covers(name, specifier))) return undefined;
  return `${folder} may not import ${specifier}`;
}

/** `zod` covers zod and zod/mini, but `vscode-jsonrpc` has three entry points that must not be mixed up. */
function covers(name, specifier) {
  if (name === 'node:*') return specifier.startsWith('node:');
  return specifier === name || (specifier.startsWith(`${name}/`) && name !== 'vscode-jsonrpc');
}

/** Checks every way to import: statements, re-exports, `import()`, `require()` and `import('…')` types. */
const layersRule = {
  meta: { type: 'problem', messages: { refused: '{{why}}' } },
  create(context) {
    const file = relative(root, context.filename).split(sep).join('/');
    if (!layerOf(file)) return {};
    const check = (node, source) => {
      const why =
        source?.type === 'Literal' && typeof source.value === 'string'
          ? refusal(file, source.value)
          : 'import by a literal name, so that the layers can be checked';
      if (why) context.report({ node, messageId: 'refused', data: { why } });
    };
    return {
      Program(node) {
        const name = file.split('/').at(-1).replace(/\..*$/, '');
        if (emptyNames.includes(name)) {
          context.report({ node, messageId: 'refused', data: { why: `a file named ${name} says nothing` } });
        }
      },
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => node.source && check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal ?? node.argument),
      TSExternalModuleReference: (node) => check(node, node.expression),
      'CallExpression[callee.name="require"]': (node) => check(node, node.arguments[0]),
    };
  },
};

const noDefaultExports = { selector: 'ExportDefaultDeclaration', message: 'Export by name.' };
const noBarrels = { selector: 'ExportAllDeclaration', message: 'Import from the file that has it: no barrels.' };
const noModuleState = [
  {
    selector: ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration[kind!="const"]',
    message: 'core keeps no state between calls.',
  },
  {
    selector:
      ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration NewExpression[callee.name="WeakMap"]',
    message: 'core keeps no state between calls.',
  },
];

/** What a pure function cannot have: files, clocks, chance, the network, a page. */
const impureGlobals = [
  ...['process', 'Buffer', 'require', '__dirname', '__filename', 'global', 'globalThis', 'console', 'fetch'],
  ...['Date', 'performance', 'crypto', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
  ...['window', 'document', 'navigator', 'localStorage', 'sessionStorage', 'WebSocket', 'XMLHttpRequest'],
];
const pageGlobals = ['window', 'document', 'localStorage', 'sessionStorage', 'XMLHttpRequest', 'alert'];
const nodeGlobals = ['process', 'Buffer', 'require', '__dirname', '__filename', 'global', 'setImmediate'];
const refuseGlobals = (names, where) => ['error', ...names.map((name) => ({ name, message: `Not in ${where}.` }))];

const scriptGlobals = [
  ...['process', 'Buffer', 'console', 'require', 'module', '__dirname', '__filename', 'fetch', 'URL', 'performance'],
  ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'AbortController', 'AbortSignal', 'TextDecoder'],
  ...['window', 'document', 'getComputedStyle', 'structuredClone'],
  ...['describe', 'it', 'before', 'after', 'beforeEach', 'afterEach'],
];

export default [
  { ignores: ['dist/', 'out/', 'coverage/', '.demo/', '**/node_modules/', '**/*.as.ts'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: root },
    },
    plugins: { '@typescript-eslint': tseslint.plugin, alidade: { rules: { layers: layersRule } } },
    rules: {
      'alidade/layers': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-for-in-array': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: 'error',
      'max-lines': ['error', 500],
      'no-restricted-syntax': ['error', noDefaultExports, noBarrels],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'webview/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'error',
      '@typescript-eslint/no-unsafe-assignment': 'error',
      '@typescript-eslint/no-unsafe-call': 'error',
      '@typescript-eslint/no-unsafe-member-access': 'error',
      '@typescript-eslint/no-unsafe-return': 'error',
    },
  },
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-globals': refuseGlobals(impureGlobals, 'core, which is pure'),
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'core takes its chance as an argument.' },
      ],
      'no-restricted-syntax': ['error', noDefaultExports, noBarrels, ...noModuleState],
    },
  },
  { files: ['src/protocol/**/*.ts'], rules: { 'no-restricted-globals': refuseGlobals(impureGlobals, 'protocol') } },
  {
    files: ['src/{engine,sidecar,server,cli,extension}/**/*.ts'],
    rules: { 'no-restricted-globals': refuseGlobals(pageGlobals, 'a layer without a page') },
  },
  { files: ['webview/**/*.ts'], rules: { 'no-restricted-globals': refuseGlobals(nodeGlobals, 'a page') } },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: Object.fromEntries(scriptGlobals.map((name) => [name, 'readonly'])) },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', 500],
      'no-undef': 'error',
      'no-unused-vars': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  { files: ['**/*.js'], languageOptions: { sourceType: 'commonjs' } },
];
