import { listDecoderLinears, listDecoderTensors } from '../../core/onnx/decoderDescription';
import type { DecoderDescription } from '../../core/onnx/decoderDescription';
import type { WantedWeight } from './prepareWeights';

/** The weights of a decoder and what each is for; `withHead`: a language-model head of its own, too. */
export function listWantedWeights(decoder: DecoderDescription, withHead: boolean): WantedWeight[] {
  const layouts = new Map(listDecoderLinears(decoder).map(({ weight, layout }) => [weight, layout]));
  const roleOf = (name: string): WantedWeight['role'] => {
    if (name === decoder.embedding) return 'embedding';
    return layouts.get(name) ?? 'plain';
  };
  const body = listDecoderTensors(decoder).map(({ name }) => ({ name, role: roleOf(name) }));
  return withHead ? [...body, { name: decoder.languageModelHead, role: 'embedding' }] : body;
}
