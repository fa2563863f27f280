import { AlidadeError } from '../alidadeError';
import type { ConfigReader } from './configReader';
import type { ModelFamily } from '../onnx/architectures/modelFamily';
import type { RotaryConfig, RotaryScaling } from './modelConfig';

export interface RotaryParams {
  readonly family: ModelFamily;
  readonly headDim: number;
  readonly contextLength: number;
}

/**
 * Rotary settings in any of their spellings: `rope_parameters` (transformers 5), `rope_theta` with `rope_scaling` (4.x),
 * `type` for `rope_type` (older).
 * @throws AlidadeError `unsupported` for a kind of scaling that is not compiled, FormatError for values out of range.
 */
export function parseRotaryConfig(
  config: ConfigReader,
  { family, headDim, contextLength }: RotaryParams,
): RotaryConfig {
  const parameters = flatParameters(config);
  const theta =
    parameters?.positive('rope_theta') ??
    config.positive('rope_theta') ??
    config.positive('rotary_emb_base') ??
    family.defaults.ropeTheta;
  const partial =
    parameters?.positive('partial_rotary_factor') ??
    config.positive('partial_rotary_factor') ??
    config.positive('rotary_pct') ??
    1;
  if (partial !== 1) {
    throw unsupported(config, `a rotation of only part of each head (partial_rotary_factor ${partial})`);
  }
  // rope_parameters without a kind do not overrule a scaling that was written in the older way beside them.
  const hasKind = parameters !== null && (parameters.has('rope_type') || parameters.has('type'));
  const scaling = parseScaling(config, hasKind ? parameters : config.object('rope_scaling'), contextLength);
  return { theta, scaling, dimensions: headDim };
}

/** `rope_parameters`, and where it is given by kind of layer, the one for full attention, if no other kind has its own. */
function flatParameters(config: ConfigReader): ConfigReader | null {
  const parameters = config.object('rope_parameters');
  if (parameters === null) return null;
  const kinds = parameters.keys().filter((key) => key.endsWith('_attention'));
  if (kinds.length === 0) return parameters;
  if (kinds.length === 1 && kinds[0] === 'full_attention') return parameters.object('full_attention');
  throw unsupported(config, `rotary parameters that differ by kind of layer (${kinds.join(', ')})`);
}

function parseScaling(config: ConfigReader, scaling: ConfigReader | null, contextLength: number): RotaryScaling {
  const kind = scaling?.text('rope_type') ?? scaling?.text('type') ?? 'default';
  if (scaling === null || kind === 'default') return { kind: 'default' };
  const required = (key: string): number =>
    scaling.positive(key) ?? scaling.fail(`${key} of ${kind} rotary scaling is missing`);
  switch (kind) {
    case 'linear':
      return { kind, factor: required('factor') };
    case 'llama3': {
      const lowFrequencyFactor = required('low_freq_factor');
      const highFrequencyFactor = required('high_freq_factor');
      if (highFrequencyFactor <= lowFrequencyFactor) {
        scaling.fail(`high_freq_factor ${highFrequencyFactor} is not above low_freq_factor ${lowFrequencyFactor}`);
      }
      return {
        kind,
        factor: required('factor'),
        lowFrequencyFactor,
        highFrequencyFactor,
        originalContextLength:
          scaling.positive('original_max_position_embeddings') ??
          config.positive('original_max_position_embeddings') ??
          contextLength,
      };
    }
    default:
      throw unsupported(config, `rotary scaling of the kind ${JSON.stringify(kind)}`);
  }
}

function unsupported(config: ConfigReader, what: string): AlidadeError {
  return new AlidadeError({
    code: 'unsupported',
    message: `${config.file}: ${what} is not supported`,
    hint: 'supported kinds of rotary scaling: default, linear, llama3',
  });
}
