import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import type { HeadPooling } from '../../core/reward/rewardHead';
import type { OpenedTokenizer } from '../checkpoint/openTokenizer';
import type { DecoderSession } from '../onnx/decoderSession';
import type { OpenDecoderParams } from '../onnx/openDecoder';
import type { OpenedHead } from './openHead';
import { RewardModel } from './rewardModel';
import { TextPreparer } from './textPreparer';

/** What reads a body's states at one layer: a head. */
export interface BodyReader {
  readonly pooling: Pick<HeadPooling, 'layer'>;
}

/** As much of a body as a head reads. */
export function bodyOf({
  pooling: { layer },
}: BodyReader): Pick<OpenDecoderParams, 'layerCount' | 'finalNorm' | 'languageModelHead' | 'cache'> {
  return {
    ...(layer === 'final' ? {} : { layerCount: layer }),
    finalNorm: layer === 'final',
    languageModelHead: false,
    cache: 'packed',
  };
}

export interface OpenedParts {
  readonly checkpoint: Checkpoint;
  readonly opened: OpenedHead;
  /** Opened with `bodyOf` the head. */
  readonly session: DecoderSession;
  readonly texts: OpenedTokenizer;
  /** false: in the chat template instead of a prompt of the model's own. Default true. */
  readonly applyTemplate?: boolean | undefined;
}

/** Puts a reward model together from what has been opened. */
export function createRewardModel({ checkpoint, opened, session, texts, applyTemplate }: OpenedParts): RewardModel {
  const { head, hash } = opened;
  const { tokenizer, template } = texts;
  const prompt = applyTemplate === false ? null : opened.prompt;
  const preparer = new TextPreparer({
    tokenizer,
    template,
    vocabSize: checkpoint.config.vocabSize,
    modelName: checkpoint.name,
    prompt,
  });
  const headHash = prompt === null ? hash : `${hash} ${prompt.name}`;
  return new RewardModel({ checkpoint, head, session, tokenizer, preparer, headHash });
}
