import assert from 'node:assert/strict';
import { join } from 'node:path';
import { workspace } from 'vscode';
import { AlidadeError } from '../../src/core/alidadeError';
import { readScoreSettings } from '../../src/extension/reward/readScoreSettings';
import { extension, setSetting, useBench } from './workbench';

/** The editor of a test run trusts everything: here only what the extension asks is made to answer no. */
function withoutTrust<Result>(action: () => Result): Result {
  const original = Object.getOwnPropertyDescriptor(workspace, 'isTrusted');
  assert.ok(original);
  Object.defineProperty(workspace, 'isTrusted', { ...original, get: () => false });
  try {
    return action();
  } finally {
    Object.defineProperty(workspace, 'isTrusted', original);
  }
}

describe('a workspace that is not trusted', () => {
  const bench = useBench();
  const root = (): string => workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');

  it('cannot choose models, folders of models, the program that runs them, or who answers prompts', () => {
    const { capabilities } = extension().packageJSON as {
      readonly capabilities: {
        readonly untrustedWorkspaces: { readonly supported: unknown; readonly restrictedConfigurations: string[] };
      };
    };
    assert.equal(capabilities.untrustedWorkspaces.supported, 'limited');
    assert.deepEqual(capabilities.untrustedWorkspaces.restrictedConfigurations.sort(), [
      'alidade.generator.editorModel',
      'alidade.generator.endpoint',
      'alidade.generator.endpointModel',
      'alidade.generator.model',
      'alidade.generator.source',
      'alidade.head',
      'alidade.modelFolders',
      'alidade.nodePath',
      'alidade.rewardModel',
    ]);
  });

  it('has none of its models loaded, even where the user names one', async () => {
    await setSetting('rewardModel', join(root(), 'model'));
    assert.equal(readScoreSettings().model.reference, join(root(), 'model'));
    withoutTrust(() => {
      assert.throws(readScoreSettings, (error) => error instanceof AlidadeError && error.code === 'permission');
    });
    await setSetting('rewardModel', bench.model);
    assert.equal(withoutTrust(readScoreSettings).model.reference, bench.model);
  });

  it('does not say from where a relative name is taken', async () => {
    await setSetting('rewardModel', 'models/mine');
    assert.equal(readScoreSettings().model.cwd, root());
    assert.equal(withoutTrust(readScoreSettings).model.cwd, undefined);
    await setSetting('rewardModel', bench.model);
  });
});
