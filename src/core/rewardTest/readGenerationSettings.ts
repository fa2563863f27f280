import type { GenerationSettings } from './rewardTest';
import { YamlReader } from '../yaml/yamlReader';
import type { YamlValue } from '../yaml/yamlValue';

const defaults: GenerationSettings = {
  model: { value: 'starter', span: { start: 0, end: 0 } },
  answers: 4,
  temperature: 0.7,
  maxNewTokens: 256,
  seed: 0,
};

/**
 * How answers are made.
 * @param value a number of answers, or the keys that differ from `outer`.
 * @param outer what the file says; null: the defaults.
 */
export function readGenerationSettings(value: YamlValue | null, outer: GenerationSettings | null): GenerationSettings {
  const base = outer ?? defaults;
  if (value === null) return base;
  if (value.kind === 'number') return { ...base, answers: value.value };
  const reader = new YamlReader(value);
  return {
    model: reader.text('model') ?? base.model,
    answers: reader.number('answers') ?? base.answers,
    temperature: reader.number('temperature') ?? base.temperature,
    maxNewTokens: reader.number('maxNewTokens') ?? base.maxNewTokens,
    seed: reader.number('seed') ?? base.seed,
  };
}
