import type { SecretStorage } from 'vscode';
import { readSetting } from '../readSetting';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { openEditorGenerator } from './editorGenerator';
import { openEndpointGenerator } from './endpointGenerator';
import type { GenerationOptions, Generator } from './generator';
import { openLocalGenerator } from './localGenerator';

export interface OpenGeneratorParams {
  readonly client: Pick<SidecarClient, 'generate'>;
  readonly secrets: SecretStorage;
}

/**
 * The generator that the settings name. Nothing is loaded or asked before it generates.
 * @throws AlidadeError `permission` for a model of an untrusted workspace, `usage` without an endpoint, `not_found` when the
 * editor has no language model.
 */
export async function openGenerator({ client, secrets }: OpenGeneratorParams): Promise<Generator> {
  switch (readSetting('generator.source')) {
    case 'local':
      return openLocalGenerator(client);
    case 'endpoint':
      return openEndpointGenerator({ secrets });
    case 'editor':
      return openEditorGenerator();
  }
}

/** What the settings say about answers. The seed is fixed: the same prompt gets the same answers of a local model. */
export function readGenerationOptions(): GenerationOptions {
  return {
    count: readSetting('generator.answers'),
    temperature: readSetting('generator.temperature'),
    maxNewTokens: readSetting('generator.maxNewTokens'),
    seed: 0,
  };
}
