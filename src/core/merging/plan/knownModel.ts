import type { MergePlan, PlannedCompanion, PlannedModel } from './mergePlan';
import type { MergeSource, SourceTokenizer } from './mergeSource';

/** A model that a stage may read, from disk or out of an earlier stage. */
export interface KnownModel {
  readonly source: MergeSource;
  /** How each of its companions comes into another folder. */
  readonly companions: readonly PlannedCompanion[];
  /** It is the result of an earlier stage. */
  readonly isPlanned: boolean;
}

/** A model on disk. */
export function modelOnDisk(source: MergeSource): KnownModel {
  const companions = source.companions.map((name): PlannedCompanion => {
    const separator = source.path.includes('\\') && !source.path.includes('/') ? '\\' : '/';
    return { kind: 'copy', name, from: `${source.path}${separator}${name}` };
  });
  return { source, companions, isPlanned: false };
}

/**
 * The result of a stage as a source of a later one: files are named as the stage names them, and lie where it writes them.
 * @param name by which later documents call it.
 */
export function modelOfStage(name: string, plan: MergePlan, tokenizer: SourceTokenizer | null): KnownModel {
  const configText = textOf(plan, 'config.json') ?? '{}';
  return {
    source: {
      key: name,
      path: name,
      name,
      config: JSON.parse(configText) as Record<string, unknown>,
      configText,
      layerCount: plan.layerCount,
      tensors: new Map(
        plan.tensors.map(({ name: tensor, shape, dtype, bytes, place }) => [
          tensor,
          { name: tensor, shape, dtype, bytes, file: plan.files[place.file].name, offset: place.offset },
        ]),
      ),
      files: plan.files.map(({ name: path, bytes }) => ({ path, size: bytes, changedAt: 0 })),
      tokenizer,
      chatTemplate: textOf(plan, 'chat_template.jinja'),
      companions: [],
      fingerprint: plan.fingerprint,
      problems: [],
    },
    companions: plan.companions.filter(({ name: file }) => !ownFiles.has(file)),
    isPlanned: true,
  };
}

export function plannedModel({ source, isPlanned }: KnownModel): PlannedModel {
  const { key, name, path, fingerprint, files } = source;
  return { key, name, path, fingerprint: isPlanned ? null : fingerprint, files };
}

/** Made anew by every stage. */
const ownFiles: ReadonlySet<string> = new Set([
  'config.json',
  'model.safetensors.index.json',
  'README.md',
  'mergekit_config.yml',
]);

function textOf({ companions }: MergePlan, name: string): string | null {
  const found = companions.find((companion) => companion.name === name);
  return found?.kind === 'text' ? found.text : null;
}
