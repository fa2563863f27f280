import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { isIgnoredTensor } from '../../core/checkpoint/checkTensors';
import { maximumConfigLength, parseConfigJson } from '../../core/checkpoint/parseConfigJson';
import { writeSafetensors } from '../../core/checkpoint/writeSafetensors';
import type { JobContext } from '../../core/jobContext';
import { describeDecoder } from '../../core/onnx/architectures/describeDecoder';
import { findFamily } from '../../core/onnx/architectures/modelFamilies';
import { listDecoderTensors } from '../../core/onnx/decoderDescription';
import { isRecord } from '../../core/promptFile/rowProblem';
import { findGateText } from '../../core/reward/gateText';
import type { HeadFile } from '../../core/reward/headFile';
import { armormCode } from '../../core/training/export/armormCode';
import { armormConfig, MODEL_CODE_FILE } from '../../core/training/export/armormConfig';
import { armormHead } from '../../core/training/export/armormHead';
import { openCheckpoint } from '../checkpoint/openCheckpoint';
import { openTokenizer } from '../checkpoint/openTokenizer';
import { readSmallFile } from '../checkpoint/readSmallFile';
import { copyCompanions, placeBody, writeDurably, type BodyPlacement } from './bodyFiles';

export interface ArmormExport {
  readonly format: 'armorm';
  /** Folder or repository name of the body. */
  readonly body: string;
  readonly placement: BodyPlacement;
  /** Weight files that could not be linked, since they hold another head too. */
  readonly rewritten: readonly string[];
  readonly objectives: readonly string[];
  readonly gateText: string;
  /** Bytes of the body's weights. */
  readonly bytes: number;
  readonly warnings: readonly string[];
}

export interface ExportArmormParams {
  readonly head: HeadFile;
  readonly body: Checkpoint;
  /** An empty folder. */
  readonly folder: string;
  readonly isCopying: boolean;
}

const headFileName = 'reward_head.safetensors';
const conversation = [
  { role: 'user', content: 'Where is the nearest pharmacy?' },
  { role: 'assistant', content: 'On the corner, next to the bakery.' },
];

/**
 * Writes body and head as one checkpoint in ArmoRM's layout: config.json, the model's own code, tokenizer, weights and
 * their index.
 * @throws AlidadeError `unsupported` for a head or a body that has no form there, `weights` for a head of another body.
 */
export async function exportArmorm(params: ExportArmormParams, context: JobContext): Promise<ArmormExport> {
  const { head, body, folder } = params;
  const exported = armormHead(head);
  const classPrefix = checkBody(head, body);
  const texts = await readTexts(head, body);
  const config = armormConfig({
    body: await readConfig(body.path),
    head: exported,
    classPrefix,
    objectives: head.metadata.objectives.map(({ name }) => name),
    ...texts,
  });
  const isOfBody = bodyTensors(body);
  const placed = await placeBody({ checkpoint: body, isOfBody, folder, isCopying: params.isCopying }, context);
  const bytes = writeSafetensors(exported.tensors, { format: 'pt' });
  await writeDurably(join(folder, headFileName), bytes);
  const weightMap = { ...Object.fromEntries(placed.weightMap), ...ofHead(exported.tensors) };
  const headBytes = exported.tensors.reduce((sum, { values }) => sum + values.byteLength, 0);
  const index = { metadata: { total_size: placed.bytes + headBytes }, weight_map: weightMap };
  await writeDurably(join(folder, 'model.safetensors.index.json'), `${JSON.stringify(index, null, 2)}\n`);
  await writeDurably(join(folder, MODEL_CODE_FILE), armormCode(classPrefix));
  await copyCompanions(body.path, folder);
  await copyCard(head.path, folder);
  await writeDurably(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  await checkOutput(folder, context);
  return {
    format: 'armorm',
    body: body.name,
    placement: placed.placement,
    rewritten: placed.rewritten,
    objectives: head.metadata.objectives.map(({ name }) => name),
    gateText: texts.gateText,
    bytes: placed.bytes,
    warnings: texts.warnings,
  };
}

const ofHead = (tensors: readonly { readonly name: string }[]): Record<string, string> =>
  Object.fromEntries(tensors.map(({ name }) => [name, headFileName]));

/** What the family's classes begin with. */
function checkBody({ metadata }: HeadFile, body: Checkpoint): string {
  const { hiddenSize, modelType, traits } = body.config;
  if (metadata.body.hiddenSize !== hiddenSize) {
    throw new AlidadeError({
      code: 'weights',
      message: `the head ${metadata.name} fits a body of hidden size ${metadata.body.hiddenSize}, ${body.path} has ${hiddenSize}`,
      hint: `give the body it was trained on with --model: ${metadata.body.reference ?? metadata.body.name}`,
    });
  }
  const unsupported = (message: string, hint: string): AlidadeError =>
    new AlidadeError({ code: 'unsupported', message: `${body.path} ${message}`, hint });
  if (body.format === 'gguf') {
    throw unsupported('is a GGUF file, which transformers does not read', 'give the body in safetensors with --model');
  }
  if (body.adapter !== undefined) {
    throw unsupported('is an adapter', 'merge it into its base first, with alidade merge run');
  }
  const family = findFamily(modelType);
  if (family === undefined || family.bodyPrefix !== 'model.' || traits.linearLayout !== 'linear') {
    throw unsupported(
      `is of the type ${modelType}, for which ArmoRM's layout has no place`,
      'use the head file itself',
    );
  }
  return family.classPrefixes.at(-1) ?? family.classPrefixes[0];
}

/** Its configuration as it stands. */
async function readConfig(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const path = join(folder, 'config.json');
  const json = parseConfigJson((await readSmallFile({ path, most: maximumConfigLength })) ?? new Uint8Array(), path);
  if (isRecord(json) && json['text_config'] === undefined) return json;
  throw new AlidadeError({
    code: 'unsupported',
    message: `${path} describes a model of which the decoder is a part`,
    hint: 'give a body that reads text alone',
  });
}

interface BodyTexts {
  readonly gateText: string;
  readonly gateTokens: readonly number[];
  readonly padTokenId: number | null;
  readonly warnings: readonly string[];
}

/** Where the gate reads, and which token pads: none where the template writes the body's own. */
async function readTexts({ metadata }: HeadFile, body: Checkpoint): Promise<BodyTexts> {
  const { tokenizer, template } = await openTokenizer(body);
  const gateText = metadata.gate?.text ?? (template === null ? null : findGateText(template, tokenizer));
  if (template === null || gateText === null) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `nothing in the chat template of ${body.path} marks where a reply begins, which ArmoRM's gate needs`,
      hint: 'use the head file itself, or give the body a chat template',
    });
  }
  const ids = tokenizer.encodeRendered(template.render(conversation, { addGenerationPrompt: false }));
  const { padTokenId } = body.config;
  const gateTokens = tokenizer.encodeRendered(gateText);
  if (padTokenId === null || !ids.includes(padTokenId)) return { gateText, gateTokens, padTokenId, warnings: [] };
  if (ids.at(-1) === padTokenId) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `texts of ${body.path} end with its padding token, which a head file skips and ArmoRM's layout does not`,
      hint: 'use the head file itself',
    });
  }
  const warning = `the padding token of ${body.name} occurs in its texts: the checkpoint has none, and its code takes one text at a time`;
  return { gateText, gateTokens, padTokenId: null, warnings: [warning] };
}

/** Also what does no harm in a file that can then be linked. */
function bodyTensors(body: Checkpoint): (name: string) => boolean {
  const names = new Set(listDecoderTensors(describeDecoder(body.config)).map(({ name }) => name));
  return (name) => names.has(name) || name === 'lm_head.weight' || isIgnoredTensor(name);
}

/** The model card that training has written beside the head, where it is. */
async function copyCard(headPath: string, folder: string): Promise<void> {
  const card = headPath.replace(/\.safetensors$/, '.md');
  const found = card === headPath ? null : await stat(card).catch(() => null);
  if (found?.isFile() === true) await writeDurably(join(folder, 'README.md'), await readFile(card));
}

/** What was written has to be a checkpoint that we read. */
async function checkOutput(folder: string, context: JobContext): Promise<void> {
  const { head, problems } = await openCheckpoint(folder, context);
  if (head?.kind === 'gated' && problems.length === 0) return;
  throw new AlidadeError({
    code: 'internal',
    message: `the export cannot be read: ${problems.join('; ') || 'no gate'}`,
  });
}
