// transformers.js as a peer. Commands (see answerCommands.mjs):
//   load {folder, threads}: a folder with config.json and onnx/, as exportOnnx.py writes it
//   run {dtype, batches, states}: batches of token ids, padded on the right
import { basename, dirname } from 'node:path';
import { answerCommands, importPeer, timed } from './answerCommands.mjs';

const { module, version, require } = await importPeer('@huggingface/transformers');
const { AutoModel, Tensor, env } = module;
const models = new Map();
let place;

async function load({ folder, threads }) {
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder);
  place = { name: basename(folder), threads };
  const runtime = require(require.resolve('onnxruntime-node/package.json')).version;
  return { version: `transformers.js ${version} on onnxruntime-node ${runtime}` };
}

async function openModel(dtype) {
  if (!models.has(dtype)) {
    const session_options = { intraOpNumThreads: place.threads, interOpNumThreads: 1 };
    const options = { dtype, device: 'cpu', local_files_only: true, session_options };
    models.set(dtype, await AutoModel.from_pretrained(place.name, options));
  }
  return models.get(dtype);
}

async function run({ dtype, batches, states = false }) {
  const model = await openModel(dtype);
  const kept = [];
  const { wall, cpu } = await timed(async () => {
    for (const texts of batches) {
      const length = Math.max(...texts.map((ids) => ids.length));
      const grid = (valueOf) => {
        const values = texts.flatMap((ids) => Array.from({ length }, (_, index) => BigInt(valueOf(ids, index))));
        return new Tensor('int64', BigInt64Array.from(values), [texts.length, length]);
      };
      const { last_hidden_state: hidden } = await model({
        input_ids: grid((ids, index) => ids[index] ?? 0),
        attention_mask: grid((ids, index) => (index < ids.length ? 1 : 0)),
      });
      const size = hidden.dims[2];
      texts.forEach((ids, row) => {
        const start = (row * length + ids.length - 1) * size;
        kept.push(Array.from(hidden.data.subarray(start, start + size)));
      });
    }
  });
  return { wall, cpu, ...(states ? { states: kept } : {}) };
}

await answerCommands({ load, run });
