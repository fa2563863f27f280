// Merges tensors in a thread of its own: takes tasks one by one from `MergeThreads`, and says what it has done.
import { OpenFiles } from '../checkpoint/openFiles';
import { answerTasks } from '../threads/answerTasks';
import { runMergeTask } from './mergeTask';
import type { MergeTask } from './mergeTask';
import { createTools } from './mergeThreads';

const tools = createTools(new OpenFiles());

answerTasks((task: MergeTask) => runMergeTask(task, tools));
