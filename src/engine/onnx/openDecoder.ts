import { availableParallelism, freemem } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import type { DeviceChoice, DtypeChoice } from '../../core/device';
import type { JobContext } from '../../core/jobContext';
import { describeDecoder } from '../../core/onnx/architectures/describeDecoder';
import { canFuse } from '../../core/onnx/attention';
import type { AttentionKind } from '../../core/onnx/attention';
import { buildDecoder } from '../../core/onnx/buildDecoder';
import type { DecoderProgram } from '../../core/onnx/buildDecoder';
import type { DecoderDescription } from '../../core/onnx/decoderDescription';
import { writeModel } from '../../core/onnx/writeModel';
import type { WeightDtype } from '../../core/quantisation/weightFormat';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { chooseDevice } from './chooseDevice';
import type { ChosenDevice } from './chooseDevice';
import { createSession } from './createSession';
import { listWantedWeights } from './listWantedWeights';
import type { LiveWeights } from './liveWeights';
import { fedWeights, storedWeights } from './openGraphWeights';

/** `mapped`: weights are used where they lie in the file. `prepacked`: copied once into the layout that is fastest. */
export type WeightMode = 'mapped' | 'prepacked';

export interface OpenDecoderParams {
  readonly checkpoint: Checkpoint;
  /** Layers to run, from the first; all of them when left out. */
  readonly layerCount?: number;
  /** Hidden states come out after the final norm. */
  readonly finalNorm: boolean;
  readonly languageModelHead: boolean;
  /** `packed`: sequences that begin alike share their tokens; what scoring wants. Left out: one sequence at a time. */
  readonly cache?: DecoderProgram['cache'];
  readonly device: DeviceChoice;
  /** Left out, or `auto`: F32. */
  readonly dtype?: DtypeChoice;
  readonly threads?: number | undefined;
  /** Set only to compare; otherwise the device decides. */
  readonly attention?: AttentionKind;
  /** Set only to compare; otherwise the free memory decides. */
  readonly weightMode?: WeightMode | undefined;
  /** Where the weights are that go into every run, in F32; left out: those of the checkpoint's files, once and for all. */
  readonly liveWeights?: LiveWeights | undefined;
}

/** A decoder's graph, loaded on a device. */
export interface OpenDecoder {
  readonly decoder: DecoderDescription;
  readonly layerCount: number;
  readonly chosen: ChosenDevice;
  readonly dtype: WeightDtype;
  /** Relative error of the weights that the dtype cost, root mean square; null: none. */
  readonly quantisationLoss: number | null;
  /** `live`: they come with each run. */
  readonly weightMode: WeightMode | 'live';
  readonly attention: AttentionKind;
  readonly cache: DecoderProgram['cache'];
  readonly cacheOutput: DecoderProgram['cacheOutput'];
  readonly session: InferenceSession;
  /** Bytes of the weights as they are stored for the graph. */
  readonly weightBytes: number;
  /** What is fed to every run besides tokens and cache; null: nothing. */
  readonly live: { readonly weights: LiveWeights; readonly names: readonly string[] } | null;
}

/** @throws AlidadeError `unsupported`, `weights`, `device`, `no_space`, `cancelled`. */
export async function openDecoder(params: OpenDecoderParams, context: JobContext): Promise<OpenDecoder> {
  const { checkpoint, languageModelHead, finalNorm, cache = 'sequence' } = params;
  const decoder = describeDecoder(checkpoint.config);
  const layerCount = Math.min(params.layerCount ?? decoder.layers.length, decoder.layers.length);
  const chosen = await chooseDevice(params.device);
  const dtype = chooseDtype(params.dtype ?? 'auto', chosen);
  const fusable = chosen.provider.attention === 'fused' && canFuse(decoder);
  const attention = params.attention ?? (fusable ? 'fused' : 'plain');
  const tied = !checkpoint.tensors.has(decoder.languageModelHead);
  const running = { ...decoder, layers: decoder.layers.slice(0, layerCount) };
  const wanted = listWantedWeights(running, languageModelHead && !tied);
  const threads = params.threads ?? availableParallelism();
  const storedName = (name: string): string => (name === decoder.languageModelHead && tied ? decoder.embedding : name);
  const weights =
    params.liveWeights === undefined
      ? await storedWeights({ checkpoint, decoder, wanted, dtype, threads, storedName }, context)
      : fedWeights({ checkpoint, wanted, dtype, storedName });
  throwIfCancelled(context.signal);

  const { source, externalRoot, weightBytes } = weights;
  const cacheOutput = chosen.provider.keepsTensors ? 'whole' : 'rows';
  const program = { layerCount, finalNorm, languageModelHead, attention, cache, cacheOutput } as const;
  const graph = buildDecoder(decoder, source, program);
  const fed = weights.inputs();
  const inputs = [...graph.inputs, ...fed.values()];
  const model = writeModel({ name: checkpoint.name, ...graph, inputs, externalRoot });
  const weightMode =
    params.liveWeights === undefined ? (params.weightMode ?? chooseWeightMode(weightBytes, dtype)) : 'live';
  context.progress({ message: `Loading ${checkpoint.name} on ${chosen.provider.device}` });
  const session = await createSession(model, {
    executionProviders: [chosen.provider.device],
    intraOpNumThreads: threads,
    logSeverityLevel: 4,
    ...(chosen.provider.keepsTensors ? { preferredOutputLocation: cacheLocations(layerCount) } : {}),
    extra: {
      session: {
        model_external_initializers_file_folder_path: externalRoot,
        disable_prepacking: weightMode === 'mapped' ? '1' : '0',
        // Worker threads that go on spinning would take the cores from the editor while nothing runs.
        force_spinning_stop: '1',
        // Attention weights of what is hardly looked at are denormal, and those cost a hundred times a number's time.
        set_denormal_as_zero: '1',
      },
    },
  });
  context.logger.info(
    `${checkpoint.name}: ${layerCount} layers on ${chosen.provider.device} (${chosen.reason}), ${dtype}, weights ${weightMode}`,
  );
  return {
    decoder,
    layerCount,
    chosen,
    dtype,
    quantisationLoss: weights.loss,
    weightMode,
    attention,
    cache,
    cacheOutput,
    session,
    weightBytes,
    live: params.liveWeights === undefined ? null : { weights: params.liveWeights, names: [...fed.keys()] },
  };
}

/** @throws AlidadeError `unsupported` for a number format that the device does not compute in. */
function chooseDtype(choice: DtypeChoice, { provider }: ChosenDevice): WeightDtype {
  const dtype = choice === 'auto' ? 'f32' : choice;
  if (provider.dtypes.includes(dtype)) return dtype;
  throw new AlidadeError({
    code: 'unsupported',
    message: `computing in ${dtype} on ${provider.device} is not supported`,
    hint: `use --dtype ${provider.dtypes.join(' or ')}`,
  });
}

/**
 * Prepacked weights are private memory on top of the mapped file: taken only where plenty is free. Quantised ones are
 * always repacked: without it their kernels would unpack them in every run.
 */
export function chooseWeightMode(weightBytes: number, dtype: WeightDtype): WeightMode {
  if (dtype === 'int8' || dtype === 'int4') return 'prepacked';
  const forced = process.env['ALIDADE_WEIGHT_MODE'];
  if (forced === 'mapped' || forced === 'prepacked') return forced;
  return 2.5 * weightBytes + 1e9 < freemem() ? 'prepacked' : 'mapped';
}

function cacheLocations(layerCount: number): Record<string, 'gpu-buffer'> {
  const names = Array.from({ length: layerCount }, (_, index) => [`present_key_${index}`, `present_value_${index}`]);
  return Object.fromEntries(names.flat().map((name) => [name, 'gpu-buffer']));
}
