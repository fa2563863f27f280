// Converts weights in a thread of its own: takes tasks one by one from `convertWeights`, and says what it has done.
import { workerData } from 'node:worker_threads';
import { createAffineQuantiser } from '../../core/quantisation/quantiseAffine4';
import { OpenFiles } from '../checkpoint/openFiles';
import { answerTasks } from '../threads/answerTasks';
import { runTask } from './conversionTask';
import type { ConversionTask, ConversionThread } from './conversionTask';

const { target } = workerData as ConversionThread;
const { open } = new OpenFiles();
const quantiseAffine4 = createAffineQuantiser();

answerTasks((task: ConversionTask) => runTask(task, { target, open, quantiseAffine4 }));
