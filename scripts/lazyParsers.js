'use strict';

const { readFileSync } = require('node:fs');
const { join, relative, sep } = require('node:path');

/**
 * What the extension does not need to start: parsers of prompts, tests and recipes with
 * their YAML and Jinja, and the planning of merges: half of its code.
 * They are functions over plain data, so it makes no difference that they live in a program of their own,
 * dist/parsers.js, which the first call of any of them loads. Sources import them as any other module.
 */
const lazyModules = [
  'src/core/merging/recipe/parseMergeRecipe.ts',
  'src/core/merging/plan/planMerge.ts',
  'src/core/merging/recipe/recipeCursor.ts',
  'src/core/prompt/parsePromptFile.ts',
  'src/core/prompt/renderPrompt.ts',
  'src/core/rewardTest/parseRewardTests.ts',
  'src/core/rewardTest/rewardTestCursor.ts',
  'src/core/rewardTest/writeRewardTest.ts',
  'src/core/training/recipe/headRecipeCursor.ts',
  'src/core/training/recipe/parseHeadRecipe.ts',
];

/** What esbuild bundles as dist/parsers.js. */
function parsersEntry(root) {
  const contents = lazyModules.map((path) => `export * from './${path}';`).join('\n');
  return { contents, resolveDir: root, sourcefile: 'parsers.ts', loader: 'ts' };
}

/**
 * Puts calls of dist/parsers.js in the place of the modules.
 *
 * @param {string} root
 * @returns {import('esbuild').Plugin}
 */
function lazyParsers(root) {
  const names = lazyModules.map((path) => path.replace(/.*\/(\w+)\.ts$/, '$1')).join('|');
  return {
    name: 'lazy-parsers',
    setup: (build) => {
      build.onLoad({ filter: new RegExp(`[\\\\/](${names})\\.ts$`) }, ({ path }) => {
        const name = relative(root, path).split(sep).join('/');
        if (!lazyModules.includes(name)) return undefined;
        const functions = [...readFileSync(join(root, name), 'utf8').matchAll(/^export function (\w+)/gm)];
        const calls = functions.map(
          ([, called]) => `export const ${called} = (...given) => require('./parsers.js').${called}(...given);`,
        );
        return { contents: calls.join('\n'), loader: 'js' };
      });
    },
  };
}

module.exports = { lazyParsers, parsersEntry };
