// node-llama-cpp as a peer. Commands (see answerCommands.mjs):
//   load {file, threads, contextLength}
//   run {ids, newTokens}: greedy generation from an empty context
import { answerCommands, importPeer, timed } from './answerCommands.mjs';

const { module, version } = await importPeer('node-llama-cpp');
let sequence;

async function load({ file, threads, contextLength }) {
  const llama = await module.getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error' });
  const model = await llama.loadModel({ modelPath: file });
  const context = await model.createContext({ contextSize: contextLength, batchSize: contextLength, threads });
  sequence = context.getSequence();
  return { version: `node-llama-cpp ${version}`, instructions: llama.systemInfo };
}

/** `prefill`: seconds up to the first new token; `decode`: seconds of the others. */
async function run({ ids, newTokens }) {
  await sequence.clearHistory();
  const tokens = [];
  const start = performance.now();
  let first = 0;
  const { cpu } = await timed(async () => {
    for await (const token of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
      if (tokens.length === 0) first = performance.now();
      tokens.push(token);
      if (tokens.length === newTokens) break;
    }
  });
  return { prefill: (first - start) / 1000, decode: (performance.now() - first) / 1000, cpu, tokens };
}

await answerCommands({ load, run });
