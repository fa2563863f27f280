import { dirname } from 'node:path';
import type { CancellationToken } from 'vscode';
import { abortSignalOf } from '../abortSignalOf';
import { readScoreSettings } from '../reward/readScoreSettings';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { referenceOf, type KnownModels } from './knownModels';
import type { RewardTestText } from './rewardTestDocuments';
import { checkFileTrust } from './testModelTrust';

export interface FindObjectivesParams {
  readonly client: Pick<SidecarClient, 'describeModel'>;
  readonly models: KnownModels;
  readonly file: RewardTestText;
  /** The user asked: the model may be opened for its objectives. */
  readonly mayOpen: boolean;
  readonly token: CancellationToken;
}

/** Names of the objectives of a test file's model; none while they are not known. */
export async function findObjectives(params: FindObjectivesParams): Promise<readonly string[]> {
  const { client, models, file, mayOpen, token } = params;
  const { parsed, uri } = file;
  const known = models.ofFile(parsed);
  if (known !== null || !mayOpen) return (known?.objectives ?? []).map(({ name }) => name);
  try {
    checkFileTrust(parsed);
    const { model: settings } = readScoreSettings();
    const reference = referenceOf(parsed);
    const selection =
      reference === settings.reference ? settings : { ...settings, reference, cwd: dirname(uri.fsPath) };
    const described = await client.describeModel(selection, { signal: abortSignalOf(token) });
    models.learn(reference, described);
    return described.objectives.map(({ name }) => name);
  } catch {
    // Completion stays silent: whoever runs the tests is told what is wrong with the model.
    return [];
  }
}
