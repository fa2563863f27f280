import type { AlidadeError } from '../alidadeError';
import type { ModelFamily, RotaryRule } from '../onnx/architectures/modelFamily';
import type { ConfigReader } from './configReader';
import type { RotaryConfig, RotaryScaling } from './modelConfig';
import { unsupportedSetting } from './unsupportedSetting';

export interface RotaryParams {
  readonly family: ModelFamily;
  readonly headDim: number;
  readonly contextLength: number;
  readonly windowPerLayer: readonly (number | null)[];
}

export type RotarySettings = Readonly<Record<'rotaries', readonly RotaryConfig[]>> &
  Readonly<Record<'rotaryPerLayer', readonly (number | null)[]>>;

type Rule<Kind extends RotaryRule['kind']> = Extract<RotaryRule, { kind: Kind }>;

/**
 * Rotary settings in any of their spellings: `rope_parameters` (transformers 5), `rope_theta` with `rope_scaling` (4.x),
 * `type` for `rope_type` (older).
 * @throws AlidadeError `unsupported` for a kind of scaling that is not compiled, FormatError for values out of range.
 */
export function parseRotaryConfig(config: ConfigReader, params: RotaryParams): RotarySettings {
  const { family, windowPerLayer } = params;
  const rule = family.rotary;
  switch (rule.kind) {
    case 'none':
      return { rotaries: [], rotaryPerLayer: windowPerLayer.map(() => null) };
    case 'all':
      return { rotaries: [readFlat(config, rule, params)], rotaryPerLayer: windowPerLayer.map(() => 0) };
    case 'marked': {
      const isRotated = readMarks(config, windowPerLayer.length);
      const rotary = readFlat(config, { kind: 'all', theta: rule.theta }, params);
      return { rotaries: [rotary], rotaryPerLayer: isRotated.map((rotated) => (rotated ? 0 : null)) };
    }
    case 'byLayerType':
      return readByLayerType(config, rule, params);
  }
}

/** Whether each layer is rotated: `no_rope_layers` has 1 for those that are. */
export function readMarks(config: ConfigReader, layerCount: number): boolean[] {
  const interval = config.count('no_rope_layer_interval', { most: 2 ** 31 - 1 }) ?? 4;
  const marks = config.list('no_rope_layers');
  if (marks !== null && marks.length < layerCount) {
    config.fail(`no_rope_layers has ${marks.length} entries for ${layerCount} layers`);
  }
  return Array.from({ length: layerCount }, (_, index) => {
    const mark = marks === null ? Number((index + 1) % interval !== 0) : marks[index];
    if (mark !== 0 && mark !== 1 && typeof mark !== 'boolean')
      config.fail('no_rope_layers has other entries than 0 and 1');
    return Boolean(mark);
  });
}

function readFlat(config: ConfigReader, rule: Rule<'all'>, params: RotaryParams): RotaryConfig {
  const parameters = flatParameters(config);
  const theta =
    parameters?.positive('rope_theta') ??
    config.positive('rope_theta') ??
    config.positive('rotary_emb_base') ??
    rule.theta;
  const part =
    parameters?.positive('partial_rotary_factor') ??
    config.positive('partial_rotary_factor') ??
    config.positive('rotary_pct') ??
    rule.part ??
    1;
  if (part !== 1 && rule.part === undefined) {
    throw unsupported(config, `a rotation of only part of each head (partial_rotary_factor ${part})`);
  }
  const dimensions = Math.floor(params.headDim * part);
  checkDimensions(config, dimensions, params.headDim);
  // rope_parameters without a kind do not overrule a scaling that was written in the older way beside them.
  const hasKind = parameters !== null && (parameters.has('rope_type') || parameters.has('type'));
  const scaling = hasKind ? parameters : config.object('rope_scaling');
  return { theta, dimensions, layers: 'all', ...readScaling(config, scaling, { ...params, rule, dimensions }) };
}

function readByLayerType(config: ConfigReader, rule: Rule<'byLayerType'>, params: RotaryParams): RotarySettings {
  const { windowPerLayer, headDim: dimensions } = params;
  checkDimensions(config, dimensions, dimensions);
  const parameters = config.object('rope_parameters');
  const full = parameters?.object('full_attention') ?? null;
  const sliding = parameters?.object('sliding_attention') ?? null;
  const read = (
    own: ConfigReader | null,
    theta: number,
    scaling: ConfigReader | null,
  ): Omit<RotaryConfig, 'layers'> => ({
    theta: own?.positive('rope_theta') ?? theta,
    dimensions,
    ...readScaling(config, scaling, { ...params, rule: null, dimensions }),
  });
  // Parameters without kinds of layers, as in the older form, are those of the layers with full attention.
  const flat = full === null && sliding === null ? parameters : null;
  const global = full ?? flat;
  const tables: RotaryConfig[] = [
    {
      ...read(global, config.positive('rope_theta') ?? rule.theta, config.object('rope_scaling') ?? global),
      layers: 'full_attention',
    },
    {
      ...read(sliding, config.positive('rope_local_base_freq') ?? rule.localTheta, sliding),
      layers: 'sliding_attention',
    },
  ];
  // Only tables that a layer uses.
  const rotaries = tables.filter(({ layers }) =>
    windowPerLayer.some((window) => (window === null) === (layers === 'full_attention')),
  );
  const tableOf = (window: number | null): number =>
    rotaries.findIndex(({ layers }) => (window === null) === (layers === 'full_attention'));
  return { rotaries, rotaryPerLayer: windowPerLayer.map(tableOf) };
}

function checkDimensions(config: ConfigReader, dimensions: number, headDim: number): void {
  if (dimensions < 2 || headDim < dimensions || dimensions % 2 !== 0) {
    config.fail(`${dimensions} of ${headDim} dimensions of a head cannot be rotated in pairs`);
  }
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

interface ScalingParams extends RotaryParams {
  readonly rule: Rule<'all'> | null;
  readonly dimensions: number;
}

function readScaling(
  config: ConfigReader,
  scaling: ConfigReader | null,
  { rule, dimensions, contextLength }: ScalingParams,
): Pick<RotaryConfig, 'scaling' | 'magnitude'> {
  const written = scaling?.text('rope_type') ?? scaling?.text('type') ?? 'default';
  if (scaling === null || written === 'default') return { scaling: { kind: 'default' }, magnitude: 1 };
  const kind = rule?.scalingNames?.[written] ?? written;
  const required = (key: string): number =>
    scaling.positive(key) ?? scaling.fail(`${key} of ${kind} rotary scaling is missing`);
  const plain = (found: RotaryScaling): Pick<RotaryConfig, 'scaling' | 'magnitude'> => ({
    scaling: found,
    magnitude: 1,
  });
  const originalContextLength =
    config.positive('original_max_position_embeddings') ??
    rule?.originalContextLength ??
    scaling.positive('original_max_position_embeddings') ??
    contextLength;
  switch (kind) {
    case 'linear':
      return plain({ kind, factor: required('factor') });
    case 'dynamic':
      return plain({ kind, factor: required('factor'), originalContextLength: contextLength });
    case 'llama3': {
      const lowFrequencyFactor = required('low_freq_factor');
      const highFrequencyFactor = required('high_freq_factor');
      if (highFrequencyFactor <= lowFrequencyFactor) {
        scaling.fail(`high_freq_factor ${highFrequencyFactor} is not above low_freq_factor ${lowFrequencyFactor}`);
      }
      return plain({
        kind,
        factor: required('factor'),
        lowFrequencyFactor,
        highFrequencyFactor,
        originalContextLength,
      });
    }
    case 'yarn': {
      const factor = scaling.positive('factor') ?? contextLength / originalContextLength;
      return {
        scaling: {
          kind,
          factor,
          originalContextLength,
          betaFast: scaling.positive('beta_fast') ?? 32,
          betaSlow: scaling.positive('beta_slow') ?? 1,
          truncate: scaling.flag('truncate') ?? true,
        },
        magnitude: scaling.positive('attention_factor') ?? yarnMagnitude(scaling, factor),
      };
    }
    case 'longrope': {
      const factor = scaling.positive('factor') ?? contextLength / originalContextLength;
      const isExtended = 1 < factor && 1 < originalContextLength;
      const natural = isExtended ? Math.sqrt(1 + Math.log(factor) / Math.log(originalContextLength)) : 1;
      return {
        scaling: {
          kind,
          shortFactors: readFactors(scaling, 'short_factor', dimensions / 2),
          longFactors: readFactors(scaling, 'long_factor', dimensions / 2),
          originalContextLength,
        },
        magnitude: scaling.positive('attention_factor') ?? natural,
      };
    }
    default:
      throw unsupported(config, `rotary scaling of the kind ${JSON.stringify(written)}`);
  }
}

/** Peng et al. 2023, eq. 22; `mscale` and `mscale_all_dim` are DeepSeek's refinement of it. */
function yarnMagnitude(scaling: ConfigReader, factor: number): number {
  const magnitude = (weight: number): number => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1);
  const [part, whole] = [scaling.number('mscale'), scaling.number('mscale_all_dim')];
  return (part ?? 0) === 0 || (whole ?? 0) === 0 ? magnitude(1) : magnitude(part ?? 1) / magnitude(whole ?? 1);
}

function readFactors(scaling: ConfigReader, key: string, count: number): number[] {
  const factors = scaling.list(key) ?? scaling.fail(`${key} of longrope rotary scaling is missing`);
  if (factors.length !== count) scaling.fail(`${key} has ${factors.length} entries, ${count} were expected`);
  return factors.map((factor) => {
    if (typeof factor !== 'number' || !Number.isFinite(factor) || factor <= 0)
      scaling.fail(`${key} is not a list of factors`);
    return factor;
  });
}

function unsupported(config: ConfigReader, what: string): AlidadeError {
  return unsupportedSetting(
    config,
    what,
    'supported kinds of rotary scaling: default, linear, dynamic, llama3, yarn, longrope',
  );
}
