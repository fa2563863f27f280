import assert from 'node:assert/strict';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

/** Each line: the file that imports, and the statement that must be refused or allowed. */
const refused: readonly (readonly [file: string, code: string])[] = [
  ['src/core/reward/x.ts', "import { readFile } from 'node:fs';"],
  ['src/core/reward/x.ts', "import { readFile } from 'fs';"],
  ['src/core/reward/x.ts', "import type { Stats } from 'node:fs';"],
  ['src/core/reward/x.ts', "import * as ort from 'onnxruntime-node';"],
  ['src/core/reward/x.ts', "import { openModel } from '../../engine/onnx/openModel';"],
  ['src/core/reward/x.ts', "import { scoreRequest } from '../../protocol/sidecar';"],
  ['src/core/reward/x.ts', "export { openModel } from '../../engine/onnx/openModel';"],
  ['src/core/reward/x.ts', "export const fs = import('node:fs');"],
  ['src/core/reward/x.ts', "export type Stats = import('node:fs').Stats;"],
  ['src/core/reward/x.ts', "import fs = require('node:fs'); export const a = fs;"],
  ['src/core/reward/x.ts', "declare const require: (name: string) => unknown; export const fs = require('node:fs');"],
  ['src/core/reward/x.ts', 'export const load = (name: string) => import(name);'],
  ['src/core/reward/x.ts', 'export const now = () => Date.now();'],
  ['src/core/reward/x.ts', 'export const draw = () => Math.random();'],
  ['src/core/reward/x.ts', "export const text = Buffer.from('');"],
  ['src/core/reward/x.ts', 'export const home = process.env.HOME;'],
  ['src/core/reward/x.ts', 'export let last = 0; export const next = () => last++;'],
  ['src/core/reward/x.ts', 'let last = 0; export const next = () => last++;'],
  ['src/core/reward/x.ts', 'export const seen = new WeakMap<object, number>();'],
  ['src/core/reward/x.ts', 'export default function score() {}'],
  ['src/core/reward/x.ts', "export * from './score';"],
  ['src/core/reward/utils.ts', 'export const one = 1;'],
  ['src/protocol/x.ts', "import { createMessageConnection } from 'vscode-jsonrpc/node';"],
  ['src/protocol/x.ts', "import { score } from '../engine/reward/score';"],
  ['src/protocol/x.ts', "import { join } from 'node:path';"],
  ['src/engine/reward/x.ts', "import { scoreRequest } from '../../protocol/sidecar';"],
  ['src/engine/reward/x.ts', "import * as vscode from 'vscode';"],
  ['src/engine/reward/x.ts', "import { main } from '../../cli/main';"],
  ['src/engine/reward/x.ts', "import { join } from 'path';"],
  ['src/sidecar/x.ts', "import * as ort from 'onnxruntime-node';"],
  ['src/sidecar/x.ts', "import * as vscode from 'vscode';"],
  ['src/sidecar/x.ts', "import { main } from '../cli/main';"],
  ['src/server/x.ts', "import * as ort from 'onnxruntime-node';"],
  ['src/server/x.ts', "import { scoreRequest } from '../protocol/sidecar';"],
  ['src/server/x.ts', "import { main } from '../cli/main';"],
  ['src/engine/reward/x.ts', "import { startServer } from '../../server/startServer';"],
  ['src/cli/x.ts', "import * as ort from 'onnxruntime-node';"],
  ['src/cli/x.ts', "import { scoreRequest } from '../protocol/sidecar';"],
  ['src/extension/reward/x.ts', "import * as ort from 'onnxruntime-node';"],
  ['src/extension/reward/x.ts', "import { score } from '../../engine/reward/score';"],
  ['src/extension/reward/x.ts', "import { page } from '../../../webview/breakdown/page';"],
  ['webview/breakdown/x.ts', "import * as vscode from 'vscode';"],
  ['webview/breakdown/x.ts', "import { join } from 'node:path';"],
  ['webview/breakdown/x.ts', "import { score } from '../../src/engine/reward/score';"],
  ['webview/breakdown/x.ts', "import { createMessageConnection } from 'vscode-jsonrpc/node';"],
  ['webview/breakdown/x.ts', "import { vsCodeButton } from '@vscode/webview-ui-toolkit';"],
  ['webview/shared/button.ts', "import { vsCodeButton } from '@vscode/webview-ui-toolkit';"],
];

const allowed: readonly (readonly [file: string, code: string])[] = [
  ['src/core/reward/x.ts', "import { Template } from '@huggingface/jinja'; export const a = Template;"],
  ['src/core/reward/x.ts', "import { z } from 'zod/mini'; export const a = z;"],
  ['src/core/reward/x.ts', "import { readHead } from '../checkpoint/readHead'; export const a = readHead;"],
  ['src/core/engine/x.ts', "import { readHead } from '../protocol/readHead'; export const a = readHead;"],
  ['src/protocol/x.ts', "import { RequestType } from 'vscode-jsonrpc'; export const a = RequestType;"],
  ['src/engine/reward/x.ts', "import * as ort from 'onnxruntime-node'; export const a = ort;"],
  ['src/engine/reward/x.ts', "import { readFile } from 'node:fs/promises'; export const a = readFile;"],
  ['src/sidecar/x.ts', "import { scoreRequest } from '../protocol/sidecar'; export const a = scoreRequest;"],
  ['src/server/x.ts', "import { score } from '../engine/reward/score'; export const a = score;"],
  ['src/cli/x.ts', "import { score } from '../engine/reward/score'; export const a = score;"],
  ['src/cli/x.ts', "import { startServer } from '../server/startServer'; export const a = startServer;"],
  ['src/extension/reward/x.ts', "import * as vscode from 'vscode'; export const a = vscode;"],
  ['src/extension/reward/x.ts', "import { fork } from '../sidecar/fork'; export const a = fork;"],
  ['webview/breakdown/x.ts', "import { html } from 'lit'; export const a = html;"],
  [
    'webview/shared/kit.ts',
    "import { vsCodeButton } from '@vscode/webview-ui-toolkit'; export const a = vsCodeButton;",
  ],
];

describe('the layer table', function () {
  this.timeout(30_000);
  // The snippets are not on disk, so the rules that need types are off; the layer rules need none.
  const eslint = new ESLint({ cwd: process.cwd(), overrideConfig: tseslint.configs.disableTypeChecked as never });

  for (const [file, code] of refused) {
    it(`refuses in ${file}: ${code}`, async () => {
      const messages = (await eslint.lintText(code, { filePath: file }))[0]?.messages ?? [];
      assert.equal(messages.length, 1, JSON.stringify(messages));
      assert.match(messages[0]?.ruleId ?? 'syntax error', /^(alidade\/layers|no-restricted-)/);
    });
  }

  for (const [file, code] of allowed) {
    it(`allows in ${file}: ${code}`, async () => {
      assert.deepEqual((await eslint.lintText(code, { filePath: file }))[0]?.messages, []);
    });
  }
});
