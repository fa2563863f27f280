// node-llama-cpp as a peer. Commands (see answerCommands.mjs):
//   load {file, threads, contextLength}
//   run {ids, newTokens}: greedy generation from an empty context
import { answerCommands, cpuSeconds, importPeer } from './answerCommands.mjs';

const { module, version } = await importPeer('node-llama-cpp');
let sequence;

async function load({ file, threads, contextLength }) {
  const llama = await module.getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error' });
  const model = await llama.loadModel({ modelPath: file });
  const context = await model.createContext({ contextSize: contextLength, batchSize: contextLength, threads });
  sequence = context.getSequence();
  return { version: `node-llama-cpp ${version}`, instructions: llama.systemInfo };
}

/** Seconds, wall and CPU: `prefill` up to the first new token, `decode` for the others. */
async function run({ ids, newTokens }) {
  await sequence.clearHistory();
  const tokens = [];
  const now = () => ({ wall: performance.now() / 1000, cpu: cpuSeconds() });
  const start = now();
  let first = start;
  for await (const token of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
    if (tokens.length === 0) first = now();
    tokens.push(token);
    if (tokens.length === newTokens) break;
  }
  const end = now();
  const between = (from, to) => ({ wall: to.wall - from.wall, cpu: to.cpu - from.cpu });
  return { prefill: between(start, first), decode: between(first, end), tokens };
}

await answerCommands({ load, run });
