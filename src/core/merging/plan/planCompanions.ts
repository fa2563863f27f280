import { chatTemplateOf, chatTemplates } from './chatTemplates';
import type { KnownModel } from './knownModel';
import type { MergePlan, PlannedCompanion } from './mergePlan';
import type { MergeRecipe } from '../recipe/mergeRecipe';
import type { AddedToken } from './mergeSource';
import { modelCard } from './modelCard';
import type { PlanOptions } from './planMerge';
import type { ProblemCollector } from '../recipe/problemCollector';

export interface PlanCompanionsParams {
  readonly recipe: MergeRecipe;
  readonly plan: Omit<MergePlan, 'fingerprint' | 'companions'>;
  /** Texts of config.json and (null: there is one file) of the index. */
  readonly config: string;
  readonly index: string | null;
  /** Whose small files the output has. */
  readonly donor: KnownModel | undefined;
  /** Whose tokenizer it has, and what is added to that. */
  readonly textOrigin: KnownModel | undefined;
  readonly added: readonly AddedToken[];
  readonly models: readonly KnownModel[];
  readonly options: PlanOptions;
  readonly problems: ProblemCollector;
}

/** What stands beside the weights. */
export function planCompanions(params: PlanCompanionsParams): readonly PlannedCompanion[] {
  const { recipe, plan, config, index, donor, textOrigin, models, options } = params;
  const card = modelCard({
    recipe,
    plan,
    models: models.map(({ source }) => source),
    donor: donor?.source ?? null,
    options,
  });
  const template = planTemplate(params);
  const own = (donor?.companions ?? []).filter(({ name }) => textOrigin === donor || !concernsText(name));
  const texts = textOrigin === donor ? [] : (textOrigin?.companions ?? []).filter(({ name }) => concernsText(name));
  const copied = withTokens([...own, ...texts], params.added);
  return [
    { kind: 'text', name: 'config.json', text: config },
    ...(index === null ? [] : [{ kind: 'text', name: 'model.safetensors.index.json', text: index } as const]),
    ...copied.filter(({ name }) => template === null || !/^chat_template\./.test(name)),
    ...(template === null ? [] : [{ kind: 'text', name: 'chat_template.jinja', text: template } as const]),
    { kind: 'text', name: 'README.md', text: card },
    { kind: 'text', name: 'mergekit_config.yml', text: options.text },
  ];
}

/** Files that go with a tokenizer; the others with the weights. */
function concernsText(name: string): boolean {
  return !/^(preprocessor_config|processor_config|video_preprocessor_config|normalizer)\.json$/.test(name);
}

/** With the tokens that were added: what else describes the tokenizer would not know them, and is left out. */
function withTokens(
  companions: readonly PlannedCompanion[],
  tokens: readonly AddedToken[],
): readonly PlannedCompanion[] {
  if (tokens.length === 0) return companions;
  return companions.flatMap((companion): readonly PlannedCompanion[] => {
    const { kind, name } = companion;
    if (name === 'tokenizer.json' && kind !== 'text') {
      const before = kind === 'tokenizer' ? companion.tokens : [];
      return [{ kind: 'tokenizer', name, from: companion.from, tokens: [...before, ...tokens] }];
    }
    return /^(tokenizer\.model|added_tokens\.json|vocab\.(json|txt)|merges\.txt|.*\.bpe\.model|spiece\.model)$/.test(
      name,
    )
      ? []
      : [companion];
  });
}

/** null: the tokenizer's own template stays. */
function planTemplate({ recipe, models, problems }: PlanCompanionsParams): string | null {
  if (recipe.chatTemplate === null) return null;
  const { value, span } = recipe.chatTemplate;
  const template = chatTemplateOf(
    value,
    models.map(({ source }) => source.chatTemplate),
  );
  if (template !== null) return template;
  const message =
    value === 'auto'
      ? 'none of the models has a chat template: there is none to choose'
      : `\`chat_template\` is \`auto\`, one of ${Object.keys(chatTemplates).join(', ')}, or a template in Jinja`;
  problems.add({ code: 'chat_template', severity: value === 'auto' ? 'warning' : 'error', message, span });
  return null;
}
