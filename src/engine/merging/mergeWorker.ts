// Merges tensors in a thread of its own: takes tasks one by one from `mergeTensors`, and says what it has done.
import { workerData } from 'node:worker_threads';
import { createMergeKernels } from '../../core/merging/methods/mergeKernels';
import { mergeTensor } from '../../core/merging/methods/mergeTensor';
import { OpenFiles } from '../checkpoint/openFiles';
import { answerTasks } from '../threads/answerTasks';
import { runMergeTask } from './mergeTask';
import type { MergeTask, MergeThread } from './mergeTask';

const thread = workerData as MergeThread;
const { open } = new OpenFiles();
const kernels = createMergeKernels();
const merge: Parameters<typeof runMergeTask>[1]['merge'] = (task, io) => mergeTensor(task, io, kernels);

answerTasks((task: MergeTask) => runMergeTask(task, { ...thread, open, merge }));
